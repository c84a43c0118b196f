// SPDX-License-Identifier: GPL-2.0-or-later
/* Break-glass: shows the challenge, and takes the helpdesk's token (policy/token.h). */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/wire.h"
#include "agent/cli/ask.h"
#include "agent/cli/put.h"
#include "agent/cli/qr.h"

#define FILE_MAX 8192

static void show_challenge(const json_t *all)
{
	const json_t *r = json_object_get(all, "release");
	char span[SPAN_TEXT], at[CLOCK_TEXT];

	if (int_of(r, "until"))
		printf("released until %s, %s\n", clock_text(int_of(r, "until"), at),
		       text_of(r, "why"));
	printf("challenge: %s\n", text_of(all, "challenge"));
	printf("  tell it to whom your organisation trusts with it%s%s;\n"
	       "  the answer lets this host out of quarantine, for %s at most\n"
	       "  to do: lazaret release TOKEN   or   lazaret release --file FILE\n",
	       *text_of(all, "contact") ? ": " : "", text_of(all, "contact"),
	       span_text((uint64_t)int_of(all, "max"), span));
	if (int_of(all, "threshold") > 1)
		printf("  it takes signatures of %" PRId64 " of them\n", int_of(all, "threshold"));
	if (int_of(all, "wait"))
		printf("  too many wrong tries: the next one is possible in %s\n",
		       span_text((uint64_t)int_of(all, "wait"), span));
}

/* On a terminal it is there for a camera, too, where the host can draw it. */
static int show_code(const char *text, bool asked)
{
	int r;

	if (!asked && !isatty(STDOUT_FILENO))
		return 0;
	r = qr_show(stdout, text);
	if (r == 0 || !asked)
		return 0;
	fprintf(stderr, "lazaret: cannot draw a QR code: %s\n",
		r == -ELIBACC ? "libqrencode is not installed (apt install libqrencode4); "
				"the challenge is short enough to read out"
			      : strerror(-r));
	return EXIT_FAILED;
}

static int challenge(const struct cli *cli, bool plain, bool code)
{
	json_t *all = NULL;
	int status = ask(cli, "release", &all);

	if (!all)
		return status;
	if (cli->json) {
		put_json(all);
	} else if (plain) {
		puts(text_of(all, "challenge"));
	} else {
		show_challenge(all);
		if (show_code(text_of(all, "challenge"), code))
			status = EXIT_FAILED;
	}
	json_decref(all);
	return status;
}

static int show_released(const struct cli *cli, const char *verb)
{
	const json_t *r;
	json_t *all = NULL;
	char at[CLOCK_TEXT];
	int code = ask(cli, verb, &all);

	if (!all)
		return code;
	r = json_object_get(all, "release");
	if (cli->json)
		put_json(all);
	else if (int_of(r, "until"))
		printf("released until %s, %s\n", clock_text(int_of(r, "until"), at),
		       text_of(r, "why"));
	else
		printf("no longer released; the host is %s\n", text_of(all, "state"));
	json_decref(all);
	return code;
}

/* However the token was wrapped or grouped, it goes to lazaretd without spaces. */
static int bring(const struct cli *cli, const char *const *parts, size_t n)
{
	char verb[WIRE_TOKEN_MAX + 16] = "release ";
	size_t len = strlen(verb);

	for (size_t i = 0; i < n; i++)
		for (const char *c = parts[i]; *c; c++) {
			if (strchr(" -\t\r\n", *c))
				continue;
			if (len == sizeof(verb) - 1) {
				fprintf(stderr, "lazaret: too long for a token\n");
				return EXIT_FAILED;
			}
			verb[len++] = *c;
		}
	verb[len] = '\0';
	return show_released(cli, verb);
}

static int bring_file(const struct cli *cli, const char *file)
{
	_free_ char *text = NULL;
	const char *part;
	size_t len;
	int r = io_read(AT_FDCWD, file, FILE_MAX, &text, &len);

	if (r < 0) {
		fprintf(stderr, "lazaret: %s: %s\n", file, strerror(-r));
		return EXIT_FAILED;
	}
	part = text;
	return bring(cli, &part, 1);
}

int command_release(const struct cli *cli, int argc, char **argv)
{
	static const struct option options[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "plain", no_argument, NULL, 'p' },
		{ "qr", no_argument, NULL, 'q' },
		{ "end", no_argument, NULL, 'e' },
		{ NULL, 0, NULL, 0 },
	};
	const char *file = NULL;
	bool plain = false, code = false, over = false;
	int o;

	optind = 0;
	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (o) {
		case 'f': file = optarg; break;
		case 'p': plain = true; break;
		case 'q': code = true; break;
		case 'e': over = true; break;
		default: return EXIT_USAGE;
		}
	}
	if ((optind < argc) + plain + code + over + (file != NULL) > 1)
		return EXIT_USAGE;
	if (over)
		return show_released(cli, "release end");
	if (file)
		return bring_file(cli, file);
	if (optind < argc)
		return bring(cli, (const char *const *)argv + optind, (size_t)(argc - optind));
	return challenge(cli, plain, code);
}

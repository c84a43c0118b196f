// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <termios.h>

#include "agent/base/io.h"
#include "policy/publisher/phrase.h"

#define CONTROL(c) ((c)&0x1f)

void phrase_clear(struct phrase *p)
{
	blob_clear(&p->last);
}

static int read_file(const char *file, struct blob *ret, struct fault *fault)
{
	_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY); /* waits for a pipe */
	_wipe_ struct blob b = { 0 };
	int r = fd < 0 ? -errno : io_read_fd(fd, PHRASE_MAX, (char **)&b.data, &b.len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", file, strerror(-r));
	b.len = strcspn((char *)b.data, "\r\n");
	if (!b.len)
		return fault_set(fault, -EINVAL, "%s: its first line is empty", file);
	*ret = b;
	b = (struct blob){ 0 };
	return 0;
}

/* With signals off, so that the terminal is never left without its echo. */
static int read_keys(int tty, struct blob *b)
{
	for (;;) {
		char c;

		if (read(tty, &c, 1) != 1 || c == CONTROL('C') || c == CONTROL('D'))
			return -ECANCELED;
		if (c == '\r' || c == '\n')
			return 0;
		if ((c == '\b' || c == 0x7f) && b->len)
			b->len--;
		else if (c == CONTROL('U'))
			b->len = 0;
		else if (c >= 0 && c < ' ')
			continue;
		else if (c != 0x7f && b->len < PHRASE_MAX - 1)
			b->data[b->len++] = (uint8_t)c;
	}
}

static int read_terminal(const char *prompt, struct blob *ret, struct fault *fault)
{
	_close_ int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	_wipe_ struct blob b = { calloc(1, PHRASE_MAX), 0 };
	struct termios was, quiet;
	int r;

	if (!b.data)
		return -ENOMEM;
	if (tty < 0 || tcgetattr(tty, &was) < 0)
		return fault_set(fault, -ENOTTY,
				 "no terminal to ask for a passphrase on; "
				 "--passphrase-file FILE brings it");
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	tcsetattr(tty, TCSAFLUSH, &quiet); /* what was typed before the question is no answer */
	dprintf(tty, "%s: ", prompt);
	r = read_keys(tty, &b);
	tcsetattr(tty, TCSAFLUSH, &was);
	dprintf(tty, "\n");
	if (r < 0)
		return fault_set(fault, r, "given up");
	*ret = b;
	b = (struct blob){ 0 };
	return 0;
}

static void keep(struct phrase *p, struct blob *b)
{
	phrase_clear(p);
	p->last = *b;
	*b = (struct blob){ 0 };
}

int phrase_ask(struct phrase *p, const char *what, struct fault *fault)
{
	_wipe_ struct blob b = { 0 };
	char prompt[300];
	int r;

	snprintf(prompt, sizeof(prompt), "Passphrase of %s", what);
	r = p->file ? read_file(p->file, &b, fault) : read_terminal(prompt, &b, fault);
	if (r == 0)
		keep(p, &b);
	return r;
}

int phrase_choose(struct phrase *p, const char *what, struct fault *fault)
{
	_wipe_ struct blob b = { 0 }, again = { 0 };
	char prompt[300];
	int r;

	snprintf(prompt, sizeof(prompt), "New passphrase for %s", what);
	r = p->file ? read_file(p->file, &b, fault) : read_terminal(prompt, &b, fault);
	if (r == 0 && b.len < PHRASE_MIN)
		r = fault_set(fault, -EINVAL, "a passphrase has at least %d characters",
			      PHRASE_MIN);
	if (r == 0 && !p->file)
		r = read_terminal("The same again", &again, fault);
	if (r == 0 && !p->file && (again.len != b.len || memcmp(again.data, b.data, b.len)))
		r = fault_set(fault, -EINVAL, "the two were not the same");
	if (r == 0)
		keep(p, &b);
	return r;
}

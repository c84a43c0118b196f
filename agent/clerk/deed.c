// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/clerk/deed.h"
#include "policy/document.h"

#define COMMAND_MAX 512
#define BLANKS	    " \t\n;|&(){}'\"`"

/* The words that make a call of the program a deed; a star ends a beginning.  NULL: any call. */
static const struct deed {
	const char *program, *verbs;
} deeds[] = {
	{ "systemctl", "stop kill disable mask freeze edit set-property link isolate" },
	{ "service", "stop" },
	{ "apt", "remove purge autoremove autopurge" },
	{ "apt-get", "remove purge autoremove autopurge" },
	{ "aptitude", "remove purge" },
	{ "dpkg", "-r -P --remove --purge" },
	{ "dnf", "remove erase" },
	{ "yum", "remove erase" },
	{ "rpm", "-e --erase" },
	{ "zypper", "remove rm" },
	{ "apk", "del" },
	{ "pkill", NULL },
	{ "killall", NULL },
	{ "rm", NULL },
	{ "unlink", NULL },
	{ "mv", NULL },
	{ "cp", NULL },
	{ "ln", NULL },
	{ "install", NULL },
	{ "dd", NULL },
	{ "tee", NULL },
	{ "truncate", NULL },
	{ "chmod", NULL },
	{ "chown", NULL },
	{ "chattr", NULL },
	{ "sed", "-i* --in-place*" },
	{ "vi", NULL },
	{ "vim", NULL },
	{ "nano", NULL },
	{ "emacs", NULL },
	{ "sudoedit", NULL },
	{ "nft", "flush delete destroy add insert replace create -f --file" },
	{ "iptables", "-F -P -D -X -I -A -R --flush --policy --delete --insert --append" },
	{ "ip6tables", "-F -P -D -X -I -A -R --flush --policy --delete --insert --append" },
	{ "iptables-restore", NULL },
	{ "ip6tables-restore", NULL },
	{ "ufw", "disable reset allow default delete insert" },
	{ "firewall-cmd", "--set-* --add-* --remove-* --panic-* --reload --complete-reload" },
};

static const char *const shells[] = { "sh", "dash", "bash", "zsh", "ksh" };

/* What a firewall is changed with, and what of it can be switched off. */
static const char *const of_firewalls[] = {
	"ufw",
	"ufw.conf",
	"firewalld",
	"firewall-cmd",
	"nft",
	"nftables",
	"nftables.conf",
	"nftables.service",
	"iptables",
	"ip6tables",
	"iptables-restore",
	"ip6tables-restore",
	"firewalld.conf",
	"netfilter-persistent",
};

static void add_word(struct topic *t, const char *text, size_t len)
{
	if (!len || t->n == TOPIC_WORDS)
		return;
	t->words[t->n].text = text;
	t->words[t->n++].len = len;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_provider(struct topic *t, const struct provider *p)
{
	for (size_t i = 0; i < p->n_units; i++) {
		const char *name = p->units[i].name, *dot = strrchr(name, '.');

		add_word(t, name, dot ? (size_t)(dot - name) : strlen(name));
		add_word(t, base_of(p->units[i].program), strlen(base_of(p->units[i].program)));
	}
	for (size_t i = 0; i < p->packages.n; i++)
		add_word(t, p->packages.rows[i], strlen(p->packages.rows[i]));
	for (size_t i = 0; i < p->n_settings; i++)
		if (provider_file(p, i))
			add_word(t, base_of(p->settings[i].file),
				 strlen(base_of(p->settings[i].file)));
}

struct topic topic_of(const struct requirement *req)
{
	struct topic t = { 0 };

	switch (req->check) {
	case CHECK_ANTIVIRUS: add_provider(&t, req->with.antivirus.provider); break;
	case CHECK_FIREWALL:
		for (size_t i = 0; i < COUNT(of_firewalls); i++)
			add_word(&t, of_firewalls[i], strlen(of_firewalls[i]));
		break;
	case CHECK_PATCHES:
	case CHECK_COUNT: break;
	}
	return t;
}

/* "clamd" is in "/usr/sbin/clamd", and neither in "clamdscan" nor in "my-clamd". */
static bool goes_on(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_';
}

bool topic_in(const struct topic *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		for (const char *at = text;
		     (at = memmem(at, strlen(at), t->words[i].text, t->words[i].len)); at++)
			if ((at == text || !goes_on(at[-1])) && !goes_on(at[t->words[i].len]))
				return true;
	return false;
}

static bool is_verb(const char *word, const char *verbs)
{
	for (const char *v = verbs; *v; v += strspn(v, " ")) {
		size_t len = strcspn(v, " "), n = v[len - 1] == '*' ? len - 1 : len;

		if (!strncmp(word, v, n) && (n < len || !word[n]))
			return true;
		v += len;
	}
	return false;
}

static const struct deed *find_deed(const char *word)
{
	for (size_t i = 0; i < COUNT(deeds); i++)
		if (!strcmp(base_of(word), deeds[i].program))
			return &deeds[i];
	return NULL;
}

static bool is_shell(const char *word)
{
	for (size_t i = 0; i < COUNT(shells); i++)
		if (!strcmp(base_of(word), shells[i]))
			return true;
	return false;
}

/* In a shell's command any word may be a program; else only the first one is. */
static bool does(char *command)
{
	const struct deed *d = NULL;
	bool first = true, shell = false;
	char *rest;

	for (char *word = strtok_r(command, BLANKS, &rest); word;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		const struct deed *other = first || shell ? find_deed(word) : NULL;

		shell |= first && is_shell(word);
		first = false;
		if (other)
			d = other;
		if (d && (!d->verbs || (!other && is_verb(word, d->verbs))))
			return true;
	}
	return false;
}

bool deed_is(const char *command, const struct topic *t)
{
	char copy[COMMAND_MAX];

	snprintf(copy, sizeof(copy), "%s", command);
	return topic_in(t, copy) && does(copy);
}

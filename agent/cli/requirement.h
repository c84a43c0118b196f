/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lazaretd says of a requirement, for people and as an exit status. */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* One of status' requirements: what was seen, what is done about it, until when, whom to call. */
void show_requirement(const json_t *req, int64_t now);

/* Parts of it, each behind that indent, and nothing where there is nothing to say. */
void put_items(const json_t *req, const char *indent);
void put_undone(const json_t *req, const char *indent); /* by whom, before it failed */
void put_grace(const json_t *req, int64_t now, const char *indent);
void put_repair(const json_t *repair); /* one that has ended, and the line's end */
void put_todo(const json_t *req, const char *indent);

/* The exit status that tells the worst standing of them. */
int requirements_exit(const json_t *reqs);

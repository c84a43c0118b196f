/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as people read them to each other: base32 of digits and capital letters without I, L, O
 * and U, in groups of four with hyphens between.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What code_write() needs for so many bytes: five bits a letter, a hyphen or NUL after four. */
#define CODE_LETTERS(bytes) (((bytes)*8 + 4) / 5)
#define CODE_TEXT(bytes)    (CODE_LETTERS(bytes) + (CODE_LETTERS(bytes) + 3) / 4)

/* As letters in groups of four; ret has room for CODE_TEXT(len). */
void code_write(const uint8_t *data, size_t len, char *ret);

/*
 * The bytes of a text, however it is grouped and in small letters or capitals; O is read as 0, I
 * and L as 1.  Their number; -EINVAL for another letter and for what code_write() writes
 * otherwise; -EFBIG for more than max.
 */
int code_read(const char *text, uint8_t *ret, size_t max);

/* The same with two bytes of a SHA-256 behind, so that a slip is noticed: -EBADMSG. */
#define CODE_SUM 2
int code_seal(const uint8_t *data, size_t len, char *ret);
int code_open(const char *text, uint8_t *ret, size_t max);

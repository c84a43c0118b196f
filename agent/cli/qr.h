/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text as a QR code (ISO/IEC 18004), for a camera in front of a terminal.
 */
#pragma once

#include <stdio.h>

/*
 * Two rows of it are one line of out (UTF-8, half blocks, black on white whatever the terminal's
 * colours are), with the margin that readers ask for.  libqrencode makes it, and is loaded here:
 * no other command is slower for it, and a host may do without.  0, -ELIBACC where it is not
 * installed, -EINVAL for a text that makes no code, -EIO.
 */
int qr_show(FILE *out, const char *text);

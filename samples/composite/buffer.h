/* SPDX-License-Identifier: GPL-2.0 */
#ifndef COMPOSITE_BUFFER_H
#define COMPOSITE_BUFFER_H

long composite_size(int fd);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
int demo_share(int fd);

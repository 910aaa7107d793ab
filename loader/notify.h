/* SPDX-License-Identifier: GPL-2.0-only */
/* What systemd is told of a service of Type=notify: see sd_notify(3). */
#ifndef LSM_GUARD_NOTIFY_H
#define LSM_GUARD_NOTIFY_H

/* "READY=1", "STOPPING=1" ...; nothing happens where nobody asked. */
void notify(const char *state);

#endif

/*
 * init.h - what explorer_init() does once, before the first schedule.
 */
#ifndef INIT_H
#define INIT_H

/*
 * settings.c. The first may begin the process anew, so nothing comes before
 * it. The second sets `settings` and `strategy`; a token that is none ends the
 * process. The third makes `turns`. The last two need memory_init().
 */
void addresses_settle(char **argv);
void settings_read(void);
void turns_init(void);

/* signals.c: from now on a crash or an endless loop ends the schedule. */
void signals_watch(void);

#endif

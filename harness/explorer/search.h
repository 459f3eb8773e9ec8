/*
 * search.h - what the main loop asks of the strategies.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <stdbool.h>

void search_restart(void);
void pct_restart(void);
unsigned search_level(void); /* preemptions of the schedules under way */
bool search_whole(void);     /* not one schedule was left out */

#endif

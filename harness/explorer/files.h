/*
 * files.h - what calls_files.c and the others share.
 */
#ifndef FILES_H
#define FILES_H

/* Closes what the schedule has opened. */
void files_end(void);

#endif

/*
 * lab.c - see lab.h.
 */
#include <string.h>

#include "examine.h"
#include "lab.h"

void lab_open(struct lab *lab, struct slots *slots,
              const struct examination *what)
{
    memset(lab, 0, sizeof *lab);
    lab->root = what->root;
    lab->work = what->work;
    lab->source = what->source;
    lab->exercise = what->exercise;
    lab->seed = what->seed;
    lab->slots = slots;
    slots_init(slots, what->jobs);
    for (int i = 0; i < PROGRAM_COUNT; i++)
        pthread_mutex_init(&lab->locks[i], NULL);
}

void lab_close(struct lab *lab)
{
    for (int i = 0; i < PROGRAM_COUNT; i++)
        pthread_mutex_destroy(&lab->locks[i]);
    slots_destroy(lab->slots);
}

/*
 * calls.c - stands for the harness' wrappers: objcopy leads the pthread calls
 * of answer.c here, as build.sh says.
 */
#include <pthread.h>
#include <stdlib.h>

struct start {
    void *(*function)(void *);
    void *argument;
};

static void *il_thread(void *argument)
{
    struct start start = *(struct start *)argument;

    free(argument);
    return start.function(start.argument);
}

int il_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                      void *(*function)(void *), void *argument)
{
    struct start *start = malloc(sizeof *start);

    start->function = function;
    start->argument = argument;
    return pthread_create(thread, attributes, il_thread, start);
}

int il_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    return pthread_mutex_lock(mutex);
}

int il_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    return pthread_mutex_unlock(mutex);
}

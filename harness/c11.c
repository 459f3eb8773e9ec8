/*
 * c11.c - the few functions that c11/threads.h needs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "c11/threads.h"
#include "quiet.h"

struct package {
    thrd_start_t start;
    void *argument;
};

int il_c11_result(int error)
{
    switch (error) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    default:
        return thrd_error;
    }
}

QUIET void *il_c11_package(thrd_start_t start, void *argument)
{
    struct package *package = malloc(sizeof *package);

    if (package != NULL) {
        package->start = start;
        package->argument = argument;
    }
    return package;
}

QUIET void *il_c11_start(void *argument)
{
    struct package package = *(struct package *)argument;

    free(argument);
    return (void *)(long)package.start(package.argument);
}

int il_c11_created(int error, void *package)
{
    if (error != 0)
        free(package);
    return il_c11_result(error);
}

int il_c11_mutex(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error != 0)
        return il_c11_result(error);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    error = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return il_c11_result(error);
}

int il_c11_joined(int error, void *value, int *result)
{
    if (error == 0 && result != NULL)
        *result = (int)(long)value;
    return il_c11_result(error);
}

/* expect: pass */
/*
 * A clerk: a thread of its own that gives the interpreter to those who ask for
 * it, in the order in which they have asked. Nobody else decides anything; who
 * hands over only says so, and asks again.
 */
#include "gil.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

/* Lives on the stack of the thread that asks. */
struct request {
    STAILQ_ENTRY(request) link;
    sem_t granted; /* one unit when the interpreter is given to it */
};

struct gil {
    int interval; /* never changes */
    pthread_t clerk;

    pthread_mutex_t lock;
    pthread_cond_t news; /* signalled when the clerk has something to do */

    /* guarded by lock */
    STAILQ_HEAD(, request) requests;
    bool taken;
    bool closed;
};

static void *serve(void *arg)
{
    struct gil *gil = arg;

    pthread_mutex_lock(&gil->lock);
    while (!gil->closed) {
        struct request *first = STAILQ_FIRST(&gil->requests);

        if (first == NULL || gil->taken) {
            pthread_cond_wait(&gil->news, &gil->lock);
            continue;
        }
        STAILQ_REMOVE_HEAD(&gil->requests, link);
        gil->taken = true;
        sem_post(&first->granted);
    }
    pthread_mutex_unlock(&gil->lock);
    return NULL;
}

static void release(struct gil *gil)
{
    pthread_cond_destroy(&gil->news);
    pthread_mutex_destroy(&gil->lock);
    free(gil);
}

struct gil *gil_create(int interval)
{
    struct gil *gil = calloc(1, sizeof *gil);

    if (gil == NULL)
        return NULL;
    gil->interval = interval;
    pthread_mutex_init(&gil->lock, NULL);
    pthread_cond_init(&gil->news, NULL);
    STAILQ_INIT(&gil->requests);
    if (pthread_create(&gil->clerk, NULL, serve, gil) != 0) {
        release(gil);
        return NULL;
    }
    return gil;
}

void gil_destroy(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    gil->closed = true;
    pthread_cond_signal(&gil->news);
    pthread_mutex_unlock(&gil->lock);
    pthread_join(gil->clerk, NULL);
    release(gil);
}

/* Under lock. */
static void ask(struct gil *gil, struct request *request)
{
    sem_init(&request->granted, 0, 0);
    STAILQ_INSERT_TAIL(&gil->requests, request, link);
    pthread_cond_signal(&gil->news);
}

/* Without it. */
static void sleep_until_granted(struct request *request)
{
    while (sem_wait(&request->granted) != 0)
        ; /* a signal came */
    sem_destroy(&request->granted);
}

static void take(struct gil *gil)
{
    struct request request;

    pthread_mutex_lock(&gil->lock);
    ask(gil, &request);
    pthread_mutex_unlock(&gil->lock);
    sleep_until_granted(&request);
}

static void give(struct gil *gil)
{
    pthread_mutex_lock(&gil->lock);
    gil->taken = false;
    pthread_cond_signal(&gil->news);
    pthread_mutex_unlock(&gil->lock);
}

static void end_of_turn(struct gil *gil)
{
    struct request request;
    bool wanted;

    pthread_mutex_lock(&gil->lock);
    wanted = !STAILQ_EMPTY(&gil->requests);
    if (wanted) {
        ask(gil, &request);
        gil->taken = false;
    }
    pthread_mutex_unlock(&gil->lock);
    if (wanted)
        sleep_until_granted(&request);
}

int gil_run(struct gil *gil, struct vm_thread *thread)
{
    enum vm_status status;
    int executed = 0;
    int error = 0;

    take(gil);
    while (error == 0 && (status = vm_step(thread)) != VM_ENDS) {
        if (status == VM_WAITS) {
            give(gil);
            error = vm_wait(thread);
            take(gil);
            executed = 0;
        } else if (++executed >= gil->interval) {
            end_of_turn(gil);
            executed = 0;
        }
    }
    error = vm_finish(thread);
    give(gil);
    return error;
}

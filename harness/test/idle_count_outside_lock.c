/* expect: deadlock */
/*
 * A thread pool wakes a worker only if one is idle; the submitter looks at the
 * (atomic) count of idle workers without the lock.  main loads idle = 0; T1
 * locks, finds no job, makes idle 1 and waits; main adds the job and sends no
 * signal: T1 sleeps while a job is in the queue.
 */
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static atomic_int idle;
static int jobs;

static void *worker(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&m);
    while (jobs == 0) {
        atomic_fetch_add(&idle, 1);
        pthread_cond_wait(&c, &m);
        atomic_fetch_sub(&idle, 1);
    }
    jobs--;
    pthread_mutex_unlock(&m);
    return NULL;
}

static void submit(void)
{
    int wake;

#ifndef FIXED
    wake = atomic_load(&idle) > 0; /* BUG: not in the critical section */
#endif
    pthread_mutex_lock(&m);
    jobs++;
#ifdef FIXED
    wake = atomic_load(&idle) > 0;
#endif
    if (wake)
        pthread_cond_signal(&c);
    pthread_mutex_unlock(&m);
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
    submit();
    pthread_join(t, NULL);
    return 0;
}

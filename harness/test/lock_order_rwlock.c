/* expect: deadlock */
/*
 * A cycle through a mutex and a read-write lock: a lookup locks the log mutex
 * and then read-locks the table; an update write-locks the table and then
 * locks the log.  T1 holds the log, T2 holds the table, and each waits for the
 * other.  The twin takes the table first in both.
 */
#include <pthread.h>

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int value, lines;

static void *lookup(void *arg)
{
    (void)arg;
#ifdef FIXED
    pthread_rwlock_rdlock(&table);
    pthread_mutex_lock(&log_lock);
#else
    pthread_mutex_lock(&log_lock); /* BUG: the update begins with table */
    pthread_rwlock_rdlock(&table);
#endif
    lines += value >= 0;
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&log_lock);
    return NULL;
}

static void *update(void *arg)
{
    (void)arg;
    pthread_rwlock_wrlock(&table);
    value = 7;
    pthread_mutex_lock(&log_lock);
    lines++;
    pthread_mutex_unlock(&log_lock);
    pthread_rwlock_unlock(&table);
    return NULL;
}

int main(void)
{
    pthread_t l, u;

    pthread_create(&l, NULL, lookup, NULL);
    pthread_create(&u, NULL, update, NULL);
    pthread_join(l, NULL);
    pthread_join(u, NULL);
    return lines != 2;
}

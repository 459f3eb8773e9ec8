/* expect: deadlock */
/*
 * Readers and a writer: the first reader takes the room, the last one gives it
 * back.  The count of readers is loaded and stored without the mutex: T1 loads
 * 0, T2 loads 0, both store 1 and both think to be the first; T1 gets the room
 * and T2 waits; T1 leaves and gives it back; T2 goes in and leaves, makes the
 * count -1, does not think to be the last one, and the writer waits for ever.
 * Described in Courtois, Heymans and Parnas (1971), who have the mutex.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static sem_t room;
static atomic_int readers;

static void change(int by, int edge)
{
#ifdef FIXED
    pthread_mutex_lock(&m);
#else
    (void)m;
#endif
    int n = atomic_load(&readers) + by;
    atomic_store(&readers, n); /* BUG: n may be out of date */
    if (n == edge) {
        if (by > 0)
            sem_wait(&room);
        else
            sem_post(&room);
    }
#ifdef FIXED
    pthread_mutex_unlock(&m);
#endif
}

static void *reader(void *arg)
{
    (void)arg;
    change(+1, 1);
    change(-1, 0);
    return NULL;
}

static void *writer(void *arg)
{
    (void)arg;
    sem_wait(&room);
    sem_post(&room);
    return NULL;
}

int main(void)
{
    pthread_t t[3];

    sem_init(&room, 0, 1);
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, i < 2 ? reader : writer, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 0;
}

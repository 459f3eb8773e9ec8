/* expect: use-after-free */
/*
 * A destructor gives the log back when main() has returned; but a detached
 * thread still writes to it, as exit() runs the destructors while all other
 * threads go on. C11 7.22.4.4 (exit); GCC manual, Common Function Attributes.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t done;
/* under lock: */
static int *log_lines;

__attribute__((constructor)) static void make_log(void)
{
    log_lines = calloc(1, sizeof *log_lines);
    sem_init(&done, 0, 0);
}

static void *writer(void *unused)
{
    pthread_mutex_lock(&lock);
    ++*log_lines;
    pthread_mutex_unlock(&lock);
    sem_post(&done);
    return unused;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, writer, NULL);
    pthread_detach(t);
#ifdef FIXED
    sem_wait(&done);
#endif
    return 0; /* BUG: nobody has waited for the writer */
}

__attribute__((destructor)) static void free_log(void)
{
    pthread_mutex_lock(&lock);
    free(log_lines);
    pthread_mutex_unlock(&lock);
}

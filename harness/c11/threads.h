/*
 * threads.h - C11 threads on top of pthreads, in place of the system's.
 *
 * ThreadSanitizer 14 knows pthread_create but not thrd_create, and crashes in
 * a thread made by the latter; the board knows pthreads only. Macros rather
 * than functions, so that the line on which mtx_lock() stands is the line of
 * the call. ISO/IEC 9899:2011, 7.26.
 */
#ifndef INTERLEAVE_C11_THREADS_H
#define INTERLEAVE_C11_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <time.h>

#ifndef thread_local
#define thread_local _Thread_local
#endif

#define ONCE_FLAG_INIT      PTHREAD_ONCE_INIT
#define TSS_DTOR_ITERATIONS 4

enum { mtx_plain = 0, mtx_recursive = 1, mtx_timed = 2 };

enum {
    thrd_success = 0,
    thrd_busy = 1,
    thrd_error = 2,
    thrd_nomem = 3,
    thrd_timedout = 4
};

typedef pthread_t thrd_t;
typedef pthread_mutex_t mtx_t;
typedef pthread_cond_t cnd_t;
typedef pthread_key_t tss_t;
typedef pthread_once_t once_flag;
typedef int (*thrd_start_t)(void *);
typedef void (*tss_dtor_t)(void *);

/* An errno value as a C11 result; EINTR and others become thrd_error. */
int il_c11_result(int error);

/* What pthread_create needs to call a function that returns an int; freed by
 * il_c11_start. NULL when there is no memory. */
void *il_c11_package(thrd_start_t start, void *argument);
void *il_c11_start(void *package);
int il_c11_created(int error, void *package);
int il_c11_mutex(mtx_t *mutex, int type);
int il_c11_joined(int error, void *value, int *result);

#define thrd_create(thread, start, argument)                                   \
    __extension__({                                                            \
        void *il_package = il_c11_package(start, argument);                    \
        il_package == NULL                                                     \
            ? thrd_nomem                                                       \
            : il_c11_created(                                                  \
                  pthread_create(thread, NULL, il_c11_start, il_package),      \
                  il_package);                                                 \
    })
#define thrd_join(thread, result)                                              \
    __extension__({                                                            \
        void *il_value = NULL;                                                 \
        int il_error = pthread_join(thread, &il_value);                        \
        il_c11_joined(il_error, il_value, result);                             \
    })
#define thrd_detach(thread)             il_c11_result(pthread_detach(thread))
#define thrd_current()                  pthread_self()
#define thrd_equal(a, b)                pthread_equal(a, b)
#define thrd_yield()                    ((void)sched_yield())
#define thrd_exit(code)                 pthread_exit((void *)(long)(code))
#define thrd_sleep(duration, remaining) nanosleep(duration, remaining)

#define mtx_init(mutex, type) il_c11_mutex(mutex, type)
#define mtx_lock(mutex)       il_c11_result(pthread_mutex_lock(mutex))
#define mtx_trylock(mutex)    il_c11_result(pthread_mutex_trylock(mutex))
#define mtx_timedlock(mutex, until)                                            \
    il_c11_result(pthread_mutex_timedlock(mutex, until))
#define mtx_unlock(mutex)  il_c11_result(pthread_mutex_unlock(mutex))
#define mtx_destroy(mutex) ((void)pthread_mutex_destroy(mutex))

#define cnd_init(cond)        il_c11_result(pthread_cond_init(cond, NULL))
#define cnd_wait(cond, mutex) il_c11_result(pthread_cond_wait(cond, mutex))
#define cnd_timedwait(cond, mutex, until)                                      \
    il_c11_result(pthread_cond_timedwait(cond, mutex, until))
#define cnd_signal(cond)    il_c11_result(pthread_cond_signal(cond))
#define cnd_broadcast(cond) il_c11_result(pthread_cond_broadcast(cond))
#define cnd_destroy(cond)   ((void)pthread_cond_destroy(cond))

#define tss_create(key, destructor)                                            \
    il_c11_result(pthread_key_create(key, destructor))
#define tss_get(key)        pthread_getspecific(key)
#define tss_set(key, value) il_c11_result(pthread_setspecific(key, value))
#define tss_delete(key)     ((void)pthread_key_delete(key))

#define call_once(flag, function) ((void)pthread_once(flag, function))

#endif

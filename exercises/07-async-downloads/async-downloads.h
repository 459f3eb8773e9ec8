/*
 * async-downloads.h - many downloads at the same moment, on one thread: the
 * contract.
 *
 * All of it is done by the calling thread, with the multi interface of
 * libcurl: no other thread and no other process is started. A session is used
 * by one thread at a time.
 */
#ifndef ASYNC_DOWNLOADS_H
#define ASYNC_DOWNLOADS_H

#include <stddef.h>

/* What is asked for. It belongs to the caller, with all that it points to,
 * and does not change before session_fetch() has returned. */
struct request {
    const char *url;  /* "http://127.0.0.1:8080/a"; hosts are numeric */
    const void *post; /* NULL: a GET. Else a POST of `size` bytes of any
                         value, from here; `size` may be 0 */
    size_t size;
    long timeout_ms; /* 1 or more; counted from the start of this very
                        transfer. How long it stood in the queue before
                        does not matter. */
};

/* What came of it. */
struct result {
    int error;   /* 0: the response has come, the whole of it */
    long status; /* 200, 404, 302, ...: none of these is an error, and no
                    redirect is followed */
    char *body;  /* `size` bytes of any value, and then one more, which is 0
                    and not counted. Never NULL when error is 0 */
    size_t size;
};

/*
 * The errors. After each of them status is 0, body is NULL, size is 0.
 *
 *   ECONNREFUSED  no connection could be made
 *   ETIMEDOUT     the time was up before the response had come
 *   EMSGSIZE      the body is larger than the session allows
 *   ENOMEM        there was no memory for it
 *   EIO           all else: the connection ended before the whole response
 *                 had come, or what came was not HTTP
 */

/* What stays from one fetch to the next: above all, open connections. */
struct session;

/*
 * A session that has at most `most` (1 or more) requests in flight, of all
 * hosts together, and accepts bodies of at most `body_max` bytes. Returns NULL
 * when there is no memory. Does not block. The caller gives it back with
 * session_close(). It calls curl_global_init(), which counts how often it was
 * called.
 */
struct session *session_open(int most, size_t body_max);

/*
 * Carries out all requests; results[i] becomes the result of requests[i]. It
 * blocks until each has its result, and sleeps meanwhile: in a call that ends
 * when something comes from the network, not for a fixed time.
 *
 * A request is in flight from its start until its response has come or it has
 * failed. So many are started at once that `most` are in flight, and the next
 * one as soon as one has ended; which one is up to you. So there are never more
 * than `most`, and never fewer while any is left to be started.
 *
 * A request that fails costs no other anything, and is not tried again. (That
 * libcurl sends a request a second time by itself, when a connection that it
 * used again turns out to be closed, is all right.) A connection that is still
 * good is used again, by the next request of this fetch and by the next fetch
 * of the session.
 *
 * `count` may be 0. Returns how many results have an error. Every result is
 * filled in, whatever happens; the caller frees them with results_free().
 */
size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[]);

/* Frees the bodies. The array itself belongs to the caller. */
void results_free(struct result results[], size_t count);

/* Closes all connections and frees the session. NULL is allowed. Results that
 * it gave out stay. */
void session_close(struct session *session);

#endif

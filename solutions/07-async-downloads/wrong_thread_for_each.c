/* expect: fail one-thread */
/*
 * wrong_thread_for_each.c - waits for each answer in a thread of its own
 */
#include "async-downloads.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    CURL *easy;
    struct result *result;
    size_t capacity;
    size_t body_max;
    int error;
};

struct session {
    int most;
    size_t body_max;
};

static int error_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return ECONNREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ETIMEDOUT;
    case CURLE_FILESIZE_EXCEEDED:
        return EMSGSIZE;
    case CURLE_OUT_OF_MEMORY:
        return ENOMEM;
    default:
        return EIO;
    }
}

/* Makes room for `size` bytes and a 0. Doubling keeps the copies few. */
static bool make_room(struct transfer *transfer, size_t size)
{
    size_t capacity = transfer->capacity > 0 ? transfer->capacity : 1024;
    char *body;

    if (size < transfer->capacity)
        return true;
    while (capacity <= size)
        capacity *= 2;
    body = realloc(transfer->result->body, capacity);
    if (body == NULL)
        return false;
    transfer->result->body = body;
    transfer->capacity = capacity;
    return true;
}

/* A part of the body: it may be all, it may be one byte. */
static size_t take(char *data, size_t one, size_t size, void *state)
{
    struct transfer *transfer = state;
    struct result *result = transfer->result;

    (void)one; /* always 1 */
    if (size > transfer->body_max - result->size)
        transfer->error = EMSGSIZE;
    else if (!make_room(transfer, result->size + size))
        transfer->error = ENOMEM;
    if (transfer->error != 0)
        return CURL_WRITEFUNC_ERROR;
    memcpy(result->body + result->size, data, size);
    result->size += size;
    return size;
}

static void fail(struct result *result, int error)
{
    free(result->body);
    *result = (struct result){.error = error};
}

static void describe(struct transfer *transfer, const struct request *request)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (request->post != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->post);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)request->size);
    }
}

static void fill_in(struct transfer *transfer, CURLcode code)
{
    struct result *result = transfer->result;
    int error = transfer->error != 0 ? transfer->error : error_of(code);

    if (error == 0 && !make_room(transfer, result->size))
        error = ENOMEM;
    if (error != 0) {
        fail(result, error);
        return;
    }
    result->body[result->size] = '\0';
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &result->status);
}

static size_t count_failed(const struct result *results, size_t count)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++)
        failed += results[i].error != 0;
    return failed;
}

struct worker {
    struct session *session;
    const struct request *requests;
    struct result *results;
    size_t count;
    atomic_size_t *next;
};

/* A thread of its own for each that is in flight. */
static void *work(void *argument)
{
    struct worker *worker = argument;
    size_t i;

    while ((i = atomic_fetch_add(worker->next, 1)) < worker->count) {
        struct transfer transfer = {.result = &worker->results[i],
                                    .body_max = worker->session->body_max,
                                    .easy = curl_easy_init()};

        *transfer.result = (struct result){.error = 0};
        if (transfer.easy == NULL) {
            transfer.result->error = ENOMEM;
            continue;
        }
        describe(&transfer, &worker->requests[i]);
        fill_in(&transfer, curl_easy_perform(transfer.easy));
        curl_easy_cleanup(transfer.easy);
    }
    return NULL;
}

size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[])
{
    atomic_size_t next = 0;
    struct worker worker = {session, requests, results, count, &next};
    pthread_t threads[64];
    int n = 0;

    while (n < session->most && n < 64 &&
           pthread_create(&threads[n], NULL, work, &worker) == 0) /* BUG */
        n++;
    while (n > 0)
        pthread_join(threads[--n], NULL);
    return count_failed(results, count);
}

struct session *session_open(int most, size_t body_max)
{
    struct session *session = NULL;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    session = calloc(1, sizeof *session);
    if (session == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    session->most = most;
    session->body_max = body_max;
    return session;
}

void session_close(struct session *session)
{
    if (session == NULL)
        return;
    free(session);
    curl_global_cleanup();
}

void results_free(struct result results[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(results[i].body);
}

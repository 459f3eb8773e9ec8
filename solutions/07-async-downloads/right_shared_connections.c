/* expect: pass */
/*
 * right_shared_connections.c - a multi handle for each fetch; what stays is a
 * share object, which keeps the connections.
 */
#include "async-downloads.h"

#include <curl/curl.h>
#include <errno.h>
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
    CURLSH *share;
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

static void describe(struct transfer *transfer, CURLSH *share,
                     const struct request *request)
{
    CURL *easy = transfer->easy;

    curl_easy_setopt(easy, CURLOPT_SHARE, share);
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

/* A new transfer in `multi`; NULL when it failed before it began. */
static struct transfer *begin(CURLM *multi, const struct session *session,
                              const struct request *request,
                              struct result *result)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    *result = (struct result){.error = ENOMEM};
    if (transfer == NULL)
        return NULL;
    transfer->easy = curl_easy_init();
    transfer->result = result;
    transfer->body_max = session->body_max;
    if (transfer->easy != NULL) {
        describe(transfer, session->share, request);
        result->error = 0;
        if (curl_multi_add_handle(multi, transfer->easy) == CURLM_OK)
            return transfer;
    }
    result->error = ENOMEM;
    curl_easy_cleanup(transfer->easy);
    free(transfer);
    return NULL;
}

/* Its result is filled in, and it is no more. */
static void end(CURLM *multi, struct transfer *transfer, CURLcode code)
{
    fill_in(transfer, code);
    curl_multi_remove_handle(multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}

/* Ends all that have come to their end; how many. */
static int end_those(CURLM *multi)
{
    CURLMsg *message;
    int left, n = 0;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct transfer *transfer;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&transfer);
        end(multi, transfer, code);
        n++;
    }
    return n;
}

static size_t count_failed(const struct result *results, size_t count)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++)
        failed += results[i].error != 0;
    return failed;
}

/* No memory for a fetch at all. */
static size_t fail_all(struct result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        results[i] = (struct result){.error = ENOMEM};
    return count;
}

size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[])
{
    CURLM *multi = curl_multi_init();
    size_t next = 0;
    int under_way = 0, running;

    if (multi == NULL)
        return fail_all(results, count);
    while (next < count || under_way > 0) {
        while (under_way < session->most && next < count) {
            under_way +=
                begin(multi, session, &requests[next], &results[next]) != NULL;
            next++;
        }
        if (under_way > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
        curl_multi_perform(multi, &running);
        under_way -= end_those(multi);
    }
    curl_multi_cleanup(multi);
    return count_failed(results, count);
}

struct session *session_open(int most, size_t body_max)
{
    struct session *session = NULL;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    session = calloc(1, sizeof *session);
    if (session != NULL)
        session->share = curl_share_init();
    if (session == NULL || session->share == NULL) {
        free(session);
        curl_global_cleanup();
        return NULL;
    }
    curl_share_setopt(session->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    session->most = most;
    session->body_max = body_max;
    return session;
}

void session_close(struct session *session)
{
    if (session == NULL)
        return;
    curl_share_cleanup(session->share);
    free(session);
    curl_global_cleanup();
}

void results_free(struct result results[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(results[i].body);
}

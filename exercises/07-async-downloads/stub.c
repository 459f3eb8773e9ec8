/*
 * async-downloads.c - yours to write. The contract is in async-downloads.h,
 * the explanation in the handout.
 *
 * It asks for one thing after the other, and throws away what comes: while one
 * answer is on its way, nothing else happens, and each download opens a
 * connection of its own. The handout has a good order of steps.
 */
#include "async-downloads.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>

struct session {
    int most;
    size_t body_max;
    /* TODO: what is to stay from one fetch to the next. */
};

/* One download that is under way. */
struct transfer {
    struct result *result;
    /* TODO: what else must be known when a part of the body comes? */
};

/* libcurl's error as one of ours. */
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

/* libcurl has something of the body. Returns how much was taken; anything but
 * all of it ends the transfer with CURLE_WRITE_ERROR. */
static size_t take(char *data, size_t one, size_t size, void *state)
{
    struct transfer *transfer = state;

    (void)one; /* always 1 */
    /* TODO: keep it, in transfer->result. Is this all of the body? */
    (void)data;
    (void)transfer;
    return size;
}

/* What libcurl has to know of a request. */
static void describe(CURL *easy, const struct request *request,
                     struct transfer *transfer)
{
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    /* TODO: a POST, and its size. */
}

struct session *session_open(int most, size_t body_max)
{
    struct session *session;

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

/* One request from beginning to end. */
static void fetch_one(const struct request *request, struct result *result)
{
    struct transfer transfer = {.result = result};
    CURL *easy = curl_easy_init();

    *result = (struct result){.error = 0};
    if (easy == NULL) {
        result->error = ENOMEM;
        return;
    }
    describe(easy, request, &transfer);
    result->error = error_of(curl_easy_perform(easy)); /* TODO: it blocks */
    if (result->error == 0)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &result->status);
    curl_easy_cleanup(easy);
}

size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[])
{
    size_t failed = 0;

    (void)session;
    /* TODO: several at once, by curl_multi_add_handle(), and then a loop of
     * curl_multi_perform(), curl_multi_info_read() and curl_multi_poll(). */
    for (size_t i = 0; i < count; i++) {
        fetch_one(&requests[i], &results[i]);
        failed += results[i].error != 0;
    }
    return failed;
}

void results_free(struct result results[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(results[i].body);
}

void session_close(struct session *session)
{
    if (session == NULL)
        return;
    free(session);
    curl_global_cleanup();
}

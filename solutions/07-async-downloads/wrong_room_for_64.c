/* expect: fail results */
/*
 * wrong_room_for_64.c - the results of a fetch are put together in a table with
 * room for 64 of them.
 */
#include "async-downloads.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLEEP_MS                                                               \
    1000 /* libcurl knows when the next time-out is due, and wakes             \
            earlier */

struct slot {
    CURL *easy;
    struct result *result; /* of the request under way; NULL: none is */
    size_t capacity;       /* bytes that its body has room for */
    size_t body_max;
    int error; /* our own reason why the transfer was broken off */
};

struct session {
    CURLM *multi;
    int most;
    struct slot slots[];
};

/* ---- one transfer -------------------------------------------------------- */

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
static bool make_room(struct slot *slot, size_t size)
{
    size_t capacity = slot->capacity > 0 ? slot->capacity : 1024;
    char *body;

    if (size < slot->capacity)
        return true;
    while (capacity <= size)
        capacity *= 2;
    body = realloc(slot->result->body, capacity);
    if (body == NULL)
        return false;
    slot->result->body = body;
    slot->capacity = capacity;
    return true;
}

/* A part of the body: it may be all, it may be one byte. */
static size_t take(char *data, size_t one, size_t size, void *state)
{
    struct slot *slot = state;
    struct result *result = slot->result;

    (void)one; /* always 1 */
    if (size > slot->body_max - result->size)
        slot->error = EMSGSIZE;
    else if (!make_room(slot, result->size + size))
        slot->error = ENOMEM;
    if (slot->error != 0)
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

static CURLcode describe(struct slot *slot, const struct request *request)
{
    CURL *easy = slot->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_URL, request->url);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (request->post != NULL && code == CURLE_OK) {
        /* libcurl does not copy the data: they are the caller's, and stay. */
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)request->size);
        code = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->post);
    }
    return code;
}

/* Its time-out runs from here. false when it failed before it began. */
static bool start(struct session *session, struct slot *slot,
                  const struct request *request, struct result *result)
{
    *result = (struct result){.error = 0};
    curl_easy_reset(slot->easy); /* keeps nothing of the last request */
    slot->result = result;
    slot->capacity = 0;
    slot->error = 0;
    if (describe(slot, request) == CURLE_OK &&
        curl_multi_add_handle(session->multi, slot->easy) == CURLM_OK)
        return true;
    slot->result = NULL;
    fail(result, ENOMEM);
    return false;
}

/* The transfer has ended: its result is filled in, its slot is free. */
static void finish(struct session *session, struct slot *slot, CURLcode code)
{
    struct result *result = slot->result;
    int error = slot->error != 0 ? slot->error : error_of(code);

    if (error == 0 && !make_room(slot, result->size))
        error = ENOMEM;
    if (error == 0) {
        result->body[result->size] = '\0';
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &result->status);
    } else {
        fail(result, error);
    }
    curl_multi_remove_handle(session->multi, slot->easy);
    slot->result = NULL;
}

/* ---- the loop ------------------------------------------------------------ */

struct fetch {
    const struct request *requests;
    struct result *results;
    size_t count;
    size_t next; /* the first that was not started */
    size_t under_way;
};

/* Gives every free slot a request, while there are any. */
static void fill_slots(struct session *session, struct fetch *fetch)
{
    for (int i = 0; i < session->most && fetch->next < fetch->count; i++) {
        struct slot *slot = &session->slots[i];

        while (slot->result == NULL && fetch->next < fetch->count) {
            size_t n = fetch->next++;

            fetch->under_way +=
                start(session, slot, &fetch->requests[n], &fetch->results[n]);
        }
    }
}

static void reap(struct session *session, struct fetch *fetch)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(session->multi, &left)) != NULL) {
        struct slot *slot;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&slot);
        finish(session, slot, message->data.result);
        fetch->under_way--;
    }
}

/* libcurl itself cannot go on: so none of those under way can. */
static void give_up(struct session *session, struct fetch *fetch)
{
    for (int i = 0; i < session->most; i++)
        if (session->slots[i].result != NULL)
            finish(session, &session->slots[i], CURLE_OUT_OF_MEMORY);
    fetch->under_way = 0;
}

size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[])
{
    struct result own[64]; /* BUG */
    struct fetch fetch = {requests, own, count, 0, 0};
    size_t failed = 0;
    int running;

    fill_slots(session, &fetch);
    while (fetch.under_way > 0) {
        if (curl_multi_perform(session->multi, &running) != CURLM_OK)
            give_up(session, &fetch);
        reap(session, &fetch);
        fill_slots(session, &fetch); /* before we sleep */
        if (fetch.under_way > 0 && curl_multi_poll(session->multi, NULL, 0,
                                                   SLEEP_MS, NULL) != CURLM_OK)
            give_up(session, &fetch);
    }
    for (size_t i = 0; i < count; i++) {
        results[i] = own[i];
        failed += own[i].error != 0;
    }
    return failed;
}

/* ---- beginning and end --------------------------------------------------- */

struct session *session_open(int most, size_t body_max)
{
    struct session *session;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return NULL;
    session = calloc(1, sizeof *session + (size_t)most * sizeof(struct slot));
    if (session == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    session->multi = curl_multi_init();
    session->most = most;
    for (int i = 0; session->multi != NULL && i < most; i++) {
        session->slots[i].easy = curl_easy_init();
        session->slots[i].body_max = body_max;
        if (session->slots[i].easy == NULL) {
            session_close(session);
            return NULL;
        }
    }
    if (session->multi == NULL) {
        session_close(session);
        return NULL;
    }
    return session;
}

/* The easy handles first, then the multi handle with its connections. */
void session_close(struct session *session)
{
    if (session == NULL)
        return;
    for (int i = 0; i < session->most; i++)
        curl_easy_cleanup(session->slots[i].easy);
    curl_multi_cleanup(session->multi);
    free(session);
    curl_global_cleanup();
}

void results_free(struct result results[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(results[i].body);
}

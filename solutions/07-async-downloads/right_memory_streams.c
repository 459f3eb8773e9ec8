/* expect: pass */
/*
 * right_memory_streams.c - a body is a stream in memory, open_memstream(3),
 * which sees to the room and to the 0 at the end. And the loop sleeps for as
 * long as it takes: libcurl ends the wait when a time-out of a transfer is
 * due, so there is no need to look every second.
 */
#define _POSIX_C_SOURCE 200809L
#include "async-downloads.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define LONG_MS 3600000

struct slot {
    CURL *easy; /* for one request after the other */
    bool busy;
    struct result *result;
    FILE *stream; /* writes to body */
    char *body;
    size_t size; /* known when the stream is closed */
    size_t room; /* how much more is allowed */
    int why;     /* on_data() has ended the transfer */
};

struct session {
    CURLM *multi;
    int most;
    size_t body_max;
    struct slot slots[];
};

static size_t on_data(char *data, size_t one, size_t size, void *state)
{
    struct slot *slot = state;

    (void)one;
    if (size > slot->room)
        slot->why = EMSGSIZE;
    else if (fwrite(data, 1, size, slot->stream) != size)
        slot->why = ENOMEM;
    else
        slot->room -= size;
    return slot->why == 0 ? size : 0;
}

struct session *session_open(int most, size_t body_max)
{
    struct session *session;

    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return NULL;
    session = calloc(1, sizeof *session + (size_t)most * sizeof(struct slot));
    if (session == NULL) {
        curl_global_cleanup();
        return NULL;
    }
    session->most = most;
    session->body_max = body_max;
    session->multi = curl_multi_init();
    if (session->multi == NULL)
        goto fail;
    for (int i = 0; i < most; i++) {
        session->slots[i].easy = curl_easy_init();
        if (session->slots[i].easy == NULL)
            goto fail;
    }
    return session;
fail:
    session_close(session);
    return NULL;
}

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

#define SET(option, value)                                                     \
    do {                                                                       \
        if (curl_easy_setopt(slot->easy, option, value) != CURLE_OK)           \
            goto fail;                                                         \
    } while (0)

static int begin(struct session *session, struct slot *slot,
                 const struct request *request, struct result *result)
{
    slot->body = NULL;
    slot->room = session->body_max;
    slot->why = 0;
    slot->result = result;
    slot->stream = open_memstream(&slot->body, &slot->size);
    if (slot->stream == NULL)
        return ENOMEM;
    curl_easy_reset(slot->easy);
    SET(CURLOPT_URL, request->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, request->timeout_ms);
    SET(CURLOPT_WRITEFUNCTION, on_data);
    SET(CURLOPT_WRITEDATA, slot);
    SET(CURLOPT_PRIVATE, slot);
    if (request->post != NULL) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->size);
        SET(CURLOPT_POSTFIELDS, request->post);
    }
    if (curl_multi_add_handle(session->multi, slot->easy) != CURLM_OK)
        goto fail;
    slot->busy = true;
    return 0;
fail:
    fclose(slot->stream);
    free(slot->body);
    return ENOMEM;
}

static int error_of(const struct slot *slot, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return 0;
    case CURLE_COULDNT_CONNECT:
        return ECONNREFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return ETIMEDOUT;
    case CURLE_OUT_OF_MEMORY:
        return ENOMEM;
    default:
        return slot->why != 0 ? slot->why : EIO;
    }
}

static void end(struct session *session, struct slot *slot, CURLcode code)
{
    struct result result = {.error = error_of(slot, code)};

    curl_multi_remove_handle(session->multi, slot->easy);
    slot->busy = false;
    if (fclose(slot->stream) != 0 && result.error == 0)
        result.error = ENOMEM;
    if (result.error == 0) {
        curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &result.status);
        result.body = slot->body;
        result.size = slot->size;
    } else {
        free(slot->body);
    }
    *slot->result = result;
}

/* Returns how many have ended. */
static int reap(struct session *session)
{
    CURLMsg *message;
    int left, ended = 0;

    while ((message = curl_multi_info_read(session->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *slot;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        end(session, (struct slot *)slot, code);
        ended++;
    }
    return ended;
}

size_t session_fetch(struct session *session, const struct request requests[],
                     size_t count, struct result results[])
{
    size_t next = 0, failed = 0;
    int under_way = 0, running;

    for (;;) {
        for (int i = 0; i < session->most && next < count; i++)
            while (!session->slots[i].busy && next < count) {
                int error = begin(session, &session->slots[i], &requests[next],
                                  &results[next]);

                if (error != 0)
                    results[next] = (struct result){.error = error};
                else
                    under_way++;
                next++;
            }
        if (under_way == 0)
            break;
        curl_multi_perform(session->multi, &running);
        int ended = reap(session);
        under_way -= ended;
        if (ended == 0)
            curl_multi_wait(session->multi, NULL, 0, LONG_MS, NULL);
    }
    for (size_t i = 0; i < count; i++)
        failed += results[i].error != 0;
    return failed;
}

void results_free(struct result results[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(results[i].body);
}

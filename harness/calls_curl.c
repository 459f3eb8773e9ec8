/*
 * calls_curl.c - the calls of libcurl in which an answer sleeps, or works, so
 * that a report of a hang has their line. See calls.c.
 *
 * Most exercises are not linked with libcurl: the names are weak, and nobody
 * calls these functions then. Handles are pointers to void.
 */
#include "inside.h"

__attribute__((weak)) int curl_multi_poll(void *multi, void *more,
                                          unsigned count, int ms, int *ready);
__attribute__((weak)) int curl_multi_wait(void *multi, void *more,
                                          unsigned count, int ms, int *ready);
__attribute__((weak)) int curl_multi_timeout(void *multi, long *ms);
__attribute__((weak)) int curl_multi_perform(void *multi, int *running);
__attribute__((weak)) int curl_multi_socket_action(void *multi, int fd,
                                                   int events, int *running);
__attribute__((weak)) int curl_easy_perform(void *easy);

#define SOON_MS 10000

/* Whether the wait ends by itself. Whatever `ms` says, libcurl ends it when
 * one of its own time-outs is due: that of a transfer, above all. */
QUIET static bool sleep_is_short(void *multi, int ms)
{
    long own = -1;

    if (ms < SOON_MS)
        return true;
    return curl_multi_timeout(multi, &own) == 0 && own >= 0 && own < SOON_MS;
}

int il_curl_multi_poll(void *multi, void *more, unsigned count, int ms,
                       int *ready);
QUIET int il_curl_multi_poll(void *multi, void *more, unsigned count, int ms,
                             int *ready)
{
    int result;
    ENTER;

    wait_begin(row, WAIT_POLL, UINT64_MAX, sleep_is_short(multi, ms), &at);
    result = curl_multi_poll(multi, more, count, ms, ready);
    wait_end(row);
    return result;
}

int il_curl_multi_wait(void *multi, void *more, unsigned count, int ms,
                       int *ready);
QUIET int il_curl_multi_wait(void *multi, void *more, unsigned count, int ms,
                             int *ready)
{
    int result;
    ENTER;

    wait_begin(row, WAIT_POLL, UINT64_MAX, sleep_is_short(multi, ms), &at);
    result = curl_multi_wait(multi, more, count, ms, ready);
    wait_end(row);
    return result;
}

/* libcurl is compiled without frames: if the time is up in it, crash.c asks
 * where it was called. */
QUIET static void inside_begin(struct board_row *row, const struct frames *at)
{
    if (row == NULL)
        return;
    row->at = *at;
    row->inside = 1;
}

QUIET static void inside_end(struct board_row *row)
{
    if (row != NULL)
        row->inside = 0;
}

int il_curl_multi_perform(void *multi, int *running);
QUIET int il_curl_multi_perform(void *multi, int *running)
{
    int result;
    ENTER;

    inside_begin(row, &at);
    result = curl_multi_perform(multi, running);
    inside_end(row);
    return result;
}

int il_curl_multi_socket_action(void *multi, int fd, int events, int *running);
QUIET int il_curl_multi_socket_action(void *multi, int fd, int events,
                                      int *running)
{
    int result;
    ENTER;

    inside_begin(row, &at);
    result = curl_multi_socket_action(multi, fd, events, running);
    inside_end(row);
    return result;
}

/* It sleeps and wakes by itself, often by the clock. */
int il_curl_easy_perform(void *easy);
QUIET int il_curl_easy_perform(void *easy)
{
    int result;
    ENTER;

    wait_begin(row, WAIT_POLL, UINT64_MAX, true, &at);
    result = curl_easy_perform(easy);
    wait_end(row);
    return result;
}

/*
 * origin.c - what a test says to the origin server (grader/origin.c). With
 * plain sockets, and closed again at once: no library of the student's is
 * involved, and nothing is left open.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inside.h"
#include "interleave.h"

#define URLS      256
#define URL_BYTES 256

static char urls[URLS][URL_BYTES];
static unsigned next_url;

/* A socket that has a port and does not listen: so nobody else does. */
static int closed_port = -1;

/* Under this key the server counts for the test that runs. */
static void own_key(char *key, size_t size)
{
    char *slash;

    snprintf(key, size, "%s", board->test);
    slash = strchr(key, '/');
    if (slash != NULL)
        *slash = '.';
}

const char *origin_url(const char *format, ...)
{
    const char *origin = getenv("INTERLEAVE_ORIGIN");
    char *url = urls[next_url++ % URLS];
    char key[128];
    va_list arguments;
    int n;

    own_key(key, sizeof key);
    n = snprintf(url, URL_BYTES, "%s/%s/",
                 origin != NULL ? origin : "http://127.0.0.1:1", key);
    va_start(arguments, format);
    if (n > 0 && n < URL_BYTES)
        vsnprintf(url + n, URL_BYTES - (size_t)n, format, arguments);
    va_end(arguments);
    return url;
}

const char *origin_elsewhere(const char *url)
{
    static const char here[] = "http://127.0.0.1:";
    char *copy = urls[next_url++ % URLS];

    snprintf(copy, URL_BYTES, "http://127.0.0.2:%s", url + strlen(here));
    return copy;
}

/* Sends it, and waits for the end of the answer. */
static int ask(int fd, const char *path)
{
    char text[512];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\n\r\n", path);
    ssize_t got;

    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        return -1;
    do
        got = recv(fd, text, sizeof text, 0);
    while (got > 0);
    return got == 0 ? 0 : -1;
}

static int origin_port(void)
{
    const char *origin = getenv("INTERLEAVE_ORIGIN");
    const char *colon = origin != NULL ? strrchr(origin, ':') : NULL;

    return colon != NULL ? atoi(colon + 1) : 0;
}

int origin_report(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char path[160], key[128];
    int status = -1;

    if (closed_port >= 0)
        close(closed_port);
    closed_port = -1;
    own_key(key, sizeof key);
    snprintf(path, sizeof path, "/%s/report", key);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)origin_port());
    if (fd >= 0 &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        status = ask(fd, path);
    if (fd >= 0)
        close(fd);
    return status;
}

int origin_closed_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    if (closed_port < 0)
        closed_port = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (closed_port < 0 ||
        (bind(closed_port, (struct sockaddr *)&address, size) != 0 &&
         errno != EINVAL) ||
        getsockname(closed_port, (struct sockaddr *)&address, &size) != 0)
        return 1;
    return ntohs(address.sin_port);
}

/*
 * origin_keys.c - what is counted of each key: the evidence.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin.h"

static struct key *keys;

struct key *key_find(const char *name, size_t size)
{
    struct key *key;

    for (key = keys; key != NULL; key = key->next)
        if (strlen(key->name) == size && memcmp(key->name, name, size) == 0)
            return key;
    key = calloc(1, sizeof *key + size + 1);
    if (key == NULL)
        return NULL;
    memcpy(key->name, name, size);
    key->next = keys;
    keys = key;
    return key;
}

/* true when it was asked for before */
static bool known(struct key *key, const char *target)
{
    struct target *new;

    for (struct target *old = key->targets; old != NULL; old = old->next)
        if (strcmp(old->name, target) == 0)
            return true;
    new = malloc(sizeof *new + strlen(target) + 1);
    if (new == NULL)
        return false;
    strcpy(new->name, target);
    new->next = key->targets;
    key->targets = new;
    return false;
}

void key_enter(struct key *key, const char *method, const char *target)
{
    if (known(key, target)) {
        key->duplicates++;
    } else {
        key->requests++;
        key->posts += strcmp(method, "POST") == 0;
    }
    key->in_flight++;
    if (key->in_flight > key->most)
        key->most = key->in_flight;
}

void key_leave(struct key *key)
{
    key->in_flight--;
}

/* ---- the report ---------------------------------------------------------- */

static const struct {
    const char *name;
    size_t offset;
} counts[] = {
    {"requests", offsetof(struct key, requests)},
    {"duplicates", offsetof(struct key, duplicates)},
    {"connections", offsetof(struct key, connections)},
    {"most-in-flight", offsetof(struct key, most)},
    {"let-go", offsetof(struct key, let_go)},
    {"gave-up", offsetof(struct key, gave_up)},
    {"posts", offsetof(struct key, posts)},
};

enum { COUNTS = sizeof counts / sizeof counts[0] };

static long count_of(const struct key *key, int which)
{
    return *(const long *)((const char *)key + counts[which].offset);
}

/* A key is a test's name, with a full stop where that has its slash. */
void key_report(const struct key *key)
{
    char *test = strdup(key->name);
    char *dot = test != NULL ? strchr(test, '.') : NULL;

    if (dot != NULL) {
        *dot = '/';
        for (int i = 0; i < COUNTS; i++)
            bell_record("value %s %s %ld", test, counts[i].name,
                        count_of(key, i));
    }
    free(test);
}

char *key_text(const struct key *key)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (int i = 0; i < COUNTS; i++)
        fprintf(out, "%s %ld\n", counts[i].name, count_of(key, i));
    return fclose(out) == 0 ? text : NULL;
}

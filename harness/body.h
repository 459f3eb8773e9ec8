/*
 * body.h - what the origin server (grader/origin.c) sends for body/SIZE/SEED,
 * byte for byte, zero bytes among them; and a checksum. For the server, the
 * tests and their expectations alike.
 */
#ifndef BODY_H
#define BODY_H

#include <stddef.h>
#include <stdint.h>

/* The byte at place `at` of the body with this seed. */
static inline unsigned char body_byte(uint64_t seed, uint64_t at)
{
    uint64_t z = (seed + 1) * 0x9e3779b97f4a7c15u + at * 0xbf58476d1ce4e5b9u;

    return (unsigned char)((z ^ z >> 31) * 0x94d049bb133111ebu >> 56);
}

/* Begin with BODY_SUM; FNV-1a, 64 bits. */
#define BODY_SUM 0xcbf29ce484222325u

static inline uint64_t body_sum(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return sum;
}

#endif

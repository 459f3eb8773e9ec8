/*
 * racy-counter.h - counting bytes with several threads at once: the contract.
 */
#ifndef RACY_COUNTER_H
#define RACY_COUNTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Counts the bytes of a buffer that `wanted` says yes to, with `threads`
 * threads at work at the same moment.
 *
 * bytes     The buffer. It is only read, and nobody changes it meanwhile.
 * length    How many bytes. It may be 0, and it may be less than `threads`.
 * wanted    Is called exactly once for each byte, from whichever thread has
 *           that byte in its share. It may be called by several threads at
 *           the same moment. It may block.
 * threads   How many threads share the work: 1 or more. The caller may be
 *           one of them, or may only wait for them. Each takes
 *           length / threads bytes; who takes the bytes that remain is left
 *           to you.
 * result    Is set to the count when the function succeeds.
 *
 * Returns 0, or EAGAIN if a thread could not be created, or ENOMEM if memory
 * could not be had. After an error *result is what it was before. In every
 * case the function blocks until all threads that it created have ended and
 * have been joined, and nothing that it took is left behind.
 *
 * Reentrant: several calls may be under way at the same moment. So nothing
 * that belongs to one call may live in a global or a static variable.
 */
int counter_count(const unsigned char *bytes, size_t length,
                  bool (*wanted)(unsigned char byte), int threads,
                  size_t *result);

#endif

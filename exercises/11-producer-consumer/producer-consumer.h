/*
 * producer-consumer.h - a bounded queue between threads, and a daemon that
 * works off what is in it: the contract, in four steps. Each step has points
 * of its own.
 *
 * Functions that can fail return 0 or an error number, as the pthread
 * functions do; errno is not used, but by queue_create(). All functions may be
 * called by several threads at the same moment, but for those that end
 * something: queue_destroy(), and daemon_finish() for one daemon. Two threads
 * may finish two daemons at the same moment, of one queue, too.
 *
 * Who has to wait sleeps, until another thread does what is waited for or the
 * time is over. It does not look again and again, neither in a loop nor with
 * naps in between, and a long wait is not cut into short ones. A signal that
 * is handled meanwhile does not end the wait.
 */
#ifndef PRODUCER_CONSUMER_H
#define PRODUCER_CONSUMER_H

#include <stddef.h>

/* ---- step 1: a bounded queue -------------------------------------------- */

/* What is in it is up to you. */
struct queue;

/*
 * An empty queue with room for `capacity` items, open. Returns NULL with errno
 * EINVAL if capacity is 0, ENOMEM if there is no memory. No capacity is too
 * large by itself: if there can be no memory for so many items, the answer is
 * ENOMEM, or a queue that works, if your design takes memory only when an item
 * comes. It belongs to the caller, who gives it back with queue_destroy().
 */
struct queue *queue_create(size_t capacity);

/*
 * Puts an item into the queue. Any pointer is an item, NULL too; what it
 * points to is handed over with it: all that the putter wrote before is seen
 * by the thread that takes it. Returns
 *
 *   0       The item is in the queue. While `capacity` items are there, the
 *           function blocks.
 *   EPIPE   The queue is closed, or is closed while the function blocks (step
 *           2).
 *   ENOMEM  There is no memory. (Never, if your design needs none here.)
 *
 * After an error nothing has happened: the item is the caller's.
 */
int queue_put(struct queue *queue, void *item);

/*
 * Takes an item out, into *item. Each item is taken once. What one thread has
 * put in comes out in the order in which that thread has put it in; nothing is
 * promised about the items of two threads that put at the same moment. Returns
 *
 *   0       The item is in *item. While there is none, and the queue is open,
 *           the function blocks. If there is an item, it is taken at once.
 *   EPIPE   The queue is closed and empty: no item will ever come (step 2).
 *           *item is left alone.
 */
int queue_take(struct queue *queue, void **item);

/*
 * Frees the queue. No other call on it is under way, and none will come. Items
 * that are still in it are the caller's affair: what they point to is left
 * alone.
 */
void queue_destroy(struct queue *queue);

/* ---- step 2: the end of a queue ----------------------------------------- */

/*
 * Closes the queue, for good. Nothing is put in any more: queue_put() returns
 * EPIPE, and so does each one that is blocked. Nothing is lost: what is in the
 * queue is still taken, and when it is empty every queue_take() returns EPIPE,
 * each one that is blocked as well. Does not wait for anybody. To close twice
 * is the same as once.
 */
void queue_close(struct queue *queue);

/* ---- step 3: a wait that ends ------------------------------------------- */

/*
 * As queue_take(), but blocks for `milliseconds` at the most, counted from the
 * call, however often the thread wakes up meanwhile. With 0 or less it does
 * not wait at all. Any number will do, up to LONG_MAX, which is as good as for
 * ever. Returns
 *
 *   0          As queue_take(). An item that is there is taken, whether the
 *              time is over or not.
 *   EPIPE      As queue_take(), whether the time is over or not.
 *   ETIMEDOUT  The time is over, the queue is open, and no item was there.
 *              *item is left alone.
 */
int queue_take_within(struct queue *queue, void **item, long milliseconds);

/* ---- step 4: a daemon --------------------------------------------------- */

/*
 * A thread in the background that takes items from a queue and works them off.
 */
struct daemon;

/*
 * Starts one: exactly one thread, which calls work(item, arg) for each item
 * that it takes from the queue, NULL too, one after the other, until the queue
 * is closed and empty. It takes an item only when it is about to work on it,
 * and none ahead. No lock is held during a call. Several daemons may serve the
 * same queue, and other threads may take from it as well; several may be there
 * with queues of their own.
 *
 * Returns NULL when there is no memory or no thread; then nothing is left
 * behind, and the queue is as it was. The daemon belongs to the caller, who
 * gives it back with daemon_finish(). The queue stays the caller's.
 */
struct daemon *daemon_start(struct queue *queue,
                            void (*work)(void *item, void *arg), void *arg);

/*
 * The end of a daemon. Closes its queue, waits until what is in there has been
 * worked off and the daemon's thread has ended, which only a join can tell, and
 * frees the daemon. Called once for each daemon, by any thread but the daemon's
 * own; before main() returns, or in a handler of atexit().
 *
 * Returns how many items this daemon has worked off: for how many its work()
 * has come back. All that they wrote is seen by the caller. So if only daemons
 * take from a queue, and all of them are finished, their numbers add up to the
 * number of calls of queue_put() that returned 0, whenever the end came.
 */
size_t daemon_finish(struct daemon *daemon);

#endif

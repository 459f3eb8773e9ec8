/*
 * vm.h - a tiny interpreter for bytecode, which the kit brings: the contract.
 *
 * It is written for one thread. What several threads share (the globals, the
 * objects, the counts of references) has no lock of its own, and every
 * function below says whether the interpreter must be held around the call:
 * then no other thread is inside a function that says so, for the same vm.
 * Who sees to that is gil.c.
 *
 * Nothing here waits, but for vm_wait().
 */
#ifndef VM_H
#define VM_H

#include <stddef.h>

enum { VM_GLOBALS = 4, VM_STACK = 16 };

/*
 * A value, and how many places refer to it: globals, and places on stacks.
 * Whoever takes away the last reference frees the object.
 */
struct object {
    /* guarded by the interpreter */
    long references;
    long value; /* never changes: a sum is a new object */
};

/* What the threads of one interpreter share: the globals. */
struct vm;

/* What one thread executes: a program, a place in it, a stack of its own. */
struct vm_thread;

/* A function in C. `arg` is the thread's. Returns 0 or an error number. */
typedef int vm_function(void *arg);

enum vm_op {
    VM_NUMBER, /* push a new object with the value `operand` */
    VM_LOAD,   /* push global `operand`: one more reference to its object */
    VM_STORE,  /* pop into global `operand`; what was there loses one */
    VM_ADD,    /* pop two, push a new object with their sum */
    VM_SUM,    /* pop n, push 1 + 2 + ... + n: one instruction, much work */
    VM_DROP,   /* pop */
    VM_BUMP,   /* global `operand` becomes a new object, greater by one */
    VM_LOOP,  /* the top becomes one less; above 0: go to `operand`, else pop */
    VM_UNTIL, /* pop; if it is 0 go to `operand` */
    VM_CALL,  /* go to `operand`, and come back after VM_RETURN */
    VM_RETURN,
    VM_NATIVE, /* call `function` with the interpreter held */
    VM_WAIT,   /* call `function` without: it may wait, or compute for long */
    VM_END     /* the program is over; calls `function` first, if any, as a
                  VM_NATIVE does */
};

struct instruction {
    enum vm_op op;
    long operand;
    vm_function *function;
};

/* How programs are written: {BARE(VM_DROP), WITH(VM_LOAD, 0), ...}. */
#define BARE(op)                                                               \
    {                                                                          \
        (op), 0, NULL                                                          \
    }
#define WITH(op, operand)                                                      \
    {                                                                          \
        (op), (operand), NULL                                                  \
    }
#define DOES(op, function)                                                     \
    {                                                                          \
        (op), 0, (function)                                                    \
    }

/* ---- what an evaluation loop needs: gil.c ------------------------------- */

enum vm_status {
    VM_GOES_ON, /* there is more to execute */
    VM_WAITS,   /* vm_wait() comes next */
    VM_ENDS     /* the program is over, well or not */
};

/*
 * Executes the next instruction of the thread. The interpreter must be held.
 * Never waits, unless the function of a VM_NATIVE does. If there is no memory,
 * or such a function returns an error, the program ends with that error.
 */
enum vm_status vm_step(struct vm_thread *thread);

/*
 * After VM_WAITS: calls the function of the VM_WAIT. It touches no object, so
 * the interpreter need not be held. Blocks, perhaps for long. Returns 0, and
 * then the program goes on; or an error number, and then it is over: vm_step()
 * must not be called again.
 */
int vm_wait(struct vm_thread *thread);

/*
 * When the program is over: takes away the references that are left on its
 * stack. The interpreter must be held. Once for each thread. Returns 0 or the
 * error with which the program ended, that of vm_wait() included.
 */
int vm_finish(struct vm_thread *thread);

/* ---- what a program around it needs: tests.c, workload.c, measure.c ----- */

/* A new interpreter whose globals are new objects with the value 0. NULL when
 * there is no memory. The caller gives it back with vm_destroy(). */
struct vm *vm_create(void);

/* Takes away the references of the globals. Nobody uses the vm any more. */
void vm_destroy(struct vm *vm);

/* A thread that is to execute `code`, which must stay; `arg` is handed to its
 * functions. NULL when there is no memory. It belongs to the caller. */
struct vm_thread *vm_thread_create(struct vm *vm,
                                   const struct instruction *code, void *arg);
void vm_thread_destroy(struct vm_thread *thread);

/* vm_finish() will call this first. Before the thread executes anything. */
void vm_at_finish(struct vm_thread *thread, vm_function *function);

/* A global's value, and the references to its object. The interpreter must be
 * held, or nobody uses it any more. */
long vm_value(const struct vm *vm, int global);
long vm_references(const struct vm *vm, int global);

/* How many objects there are. The interpreter must be held, or as above. */
long vm_objects(const struct vm *vm);

#endif

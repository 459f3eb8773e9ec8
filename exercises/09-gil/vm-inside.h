/*
 * vm-inside.h - what is behind vm.h. Included once by tests.c, by workload.c
 * and by measure.c.
 *
 * Nothing here knows of threads: what they share is guarded by the
 * interpreter, that is, by whoever calls.
 */
#ifndef VM_INSIDE_H
#define VM_INSIDE_H

#include "vm.h"

#include <errno.h>
#include <stdlib.h>

enum { VM_CALLS = 4 };

struct vm {
    /* guarded by the interpreter */
    struct object *globals[VM_GLOBALS];
    long objects;
};

/* Belongs to the thread that executes it. */
struct vm_thread {
    struct vm *vm;
    void *arg;
    vm_function *at_finish; /* or NULL */
    const struct instruction *next;
    const struct instruction *code;
    int error;
    int depth;
    int calls;
    struct object *stack[VM_STACK];
    const struct instruction *return_to[VM_CALLS];
};

/* ---- objects ------------------------------------------------------------ */

static struct object *object_new(struct vm *vm, long value)
{
    struct object *object = malloc(sizeof *object);

    if (object == NULL)
        return NULL;
    object->references = 1;
    object->value = value;
    vm->objects++;
    return object;
}

static struct object *object_take(struct object *object)
{
    object->references++;
    return object;
}

static void object_drop(struct vm *vm, struct object *object)
{
    if (--object->references == 0) {
        vm->objects--;
        free(object);
    }
}

/* ---- the stack of a thread ---------------------------------------------- */

static void push(struct vm_thread *thread, struct object *object)
{
    if (object == NULL)
        thread->error = ENOMEM;
    else if (thread->depth == VM_STACK)
        abort(); /* the program is wrong */
    else
        thread->stack[thread->depth++] = object;
}

static struct object *pop(struct vm_thread *thread)
{
    if (thread->depth == 0)
        abort(); /* the program is wrong */
    return thread->stack[--thread->depth];
}

static void replace_global(struct vm_thread *thread, long global,
                           struct object *with)
{
    struct object **place = &thread->vm->globals[global];
    struct object *old = *place;

    if (with == NULL) {
        thread->error = ENOMEM;
        return;
    }
    *place = with;
    object_drop(thread->vm, old);
}

/* ---- instructions ------------------------------------------------------- */

static void add(struct vm_thread *thread)
{
    struct object *right = pop(thread), *left = pop(thread);

    push(thread, object_new(thread->vm, left->value + right->value));
    object_drop(thread->vm, left);
    object_drop(thread->vm, right);
}

static void sum(struct vm_thread *thread)
{
    struct object *top = pop(thread);
    long total = 0;

    /* Each number is added: the compiler is to know no formula. */
#pragma GCC unroll 1
    for (long i = 1; i <= top->value; i++) {
        total += i;
        __asm__ volatile("" : "+r"(total));
    }
    push(thread, object_new(thread->vm, total));
    object_drop(thread->vm, top);
}

static void loop(struct vm_thread *thread, long to)
{
    struct object *top = pop(thread);
    long left = top->value - 1;

    object_drop(thread->vm, top);
    if (left > 0) {
        push(thread, object_new(thread->vm, left));
        thread->next = thread->code + to;
    }
}

static void until(struct vm_thread *thread, long to)
{
    struct object *top = pop(thread);

    if (top->value == 0)
        thread->next = thread->code + to;
    object_drop(thread->vm, top);
}

static void call(struct vm_thread *thread, long to)
{
    if (thread->calls == VM_CALLS)
        abort(); /* the program is wrong */
    thread->return_to[thread->calls++] = thread->next;
    thread->next = thread->code + to;
}

static void execute(struct vm_thread *thread, const struct instruction *what)
{
    struct vm *vm = thread->vm;

    switch (what->op) {
    case VM_NUMBER:
        push(thread, object_new(vm, what->operand));
        break;
    case VM_LOAD:
        push(thread, object_take(vm->globals[what->operand]));
        break;
    case VM_STORE:
        replace_global(thread, what->operand, pop(thread));
        break;
    case VM_ADD:
        add(thread);
        break;
    case VM_SUM:
        sum(thread);
        break;
    case VM_DROP:
        object_drop(vm, pop(thread));
        break;
    case VM_BUMP:
        replace_global(thread, what->operand,
                       object_new(vm, vm_value(vm, (int)what->operand) + 1));
        break;
    case VM_LOOP:
        loop(thread, what->operand);
        break;
    case VM_UNTIL:
        until(thread, what->operand);
        break;
    case VM_CALL:
        call(thread, what->operand);
        break;
    case VM_RETURN:
        thread->next = thread->return_to[--thread->calls];
        break;
    case VM_NATIVE:
        thread->error = what->function(thread->arg);
        break;
    case VM_END:
        if (what->function != NULL)
            thread->error = what->function(thread->arg);
        break;
    case VM_WAIT:
        break;
    }
}

enum vm_status vm_step(struct vm_thread *thread)
{
    const struct instruction *what = thread->next++;

    execute(thread, what);
    if (thread->error != 0 || what->op == VM_END)
        return VM_ENDS;
    return what->op == VM_WAIT ? VM_WAITS : VM_GOES_ON;
}

int vm_wait(struct vm_thread *thread)
{
    thread->error = thread->next[-1].function(thread->arg);
    return thread->error;
}

int vm_finish(struct vm_thread *thread)
{
    if (thread->at_finish != NULL)
        thread->at_finish(thread->arg);
    while (thread->depth > 0)
        object_drop(thread->vm, pop(thread));
    return thread->error;
}

/* ---- around it ---------------------------------------------------------- */

void vm_destroy(struct vm *vm)
{
    for (int i = 0; i < VM_GLOBALS; i++)
        if (vm->globals[i] != NULL)
            object_drop(vm, vm->globals[i]);
    free(vm);
}

struct vm *vm_create(void)
{
    struct vm *vm = calloc(1, sizeof *vm);

    for (int i = 0; vm != NULL && i < VM_GLOBALS; i++) {
        vm->globals[i] = object_new(vm, 0);
        if (vm->globals[i] == NULL) {
            vm_destroy(vm);
            vm = NULL;
        }
    }
    return vm;
}

struct vm_thread *vm_thread_create(struct vm *vm,
                                   const struct instruction *code, void *arg)
{
    struct vm_thread *thread = calloc(1, sizeof *thread);

    if (thread != NULL) {
        thread->vm = vm;
        thread->arg = arg;
        thread->code = thread->next = code;
    }
    return thread;
}

void vm_thread_destroy(struct vm_thread *thread)
{
    free(thread);
}

void vm_at_finish(struct vm_thread *thread, vm_function *function)
{
    thread->at_finish = function;
}

long vm_value(const struct vm *vm, int global)
{
    return vm->globals[global]->value;
}

long vm_references(const struct vm *vm, int global)
{
    return vm->globals[global]->references;
}

long vm_objects(const struct vm *vm)
{
    return vm->objects;
}

#endif

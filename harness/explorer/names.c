/*
 * names.c - the words in which steps are told (trace.c).
 */
#include "explorer.h"

const char *op_name(enum op op)
{
    static const char *const names[] = {
        [OP_END] = "end",
        [OP_READ] = "read",
        [OP_WRITE] = "write",
        [OP_ATOMIC_READ] = "atomic-read",
        [OP_ATOMIC_WRITE] = "atomic-write",
        [OP_ATOMIC_CHANGE] = "atomic-change",
        [OP_CREATE] = "create",
        [OP_JOIN] = "join",
        [OP_LOCK] = "lock",
        [OP_TRYLOCK] = "trylock",
        [OP_UNLOCK] = "unlock",
        [OP_WAIT] = "wait",
        [OP_WAKE] = "wake",
        [OP_SIGNAL] = "signal",
        [OP_BROADCAST] = "broadcast",
        [OP_READ_LOCK] = "read-lock",
        [OP_WRITE_LOCK] = "write-lock",
        [OP_BARRIER] = "barrier",
        [OP_SEM_WAIT] = "sem-wait",
        [OP_SEM_POST] = "sem-post",
        [OP_ONCE] = "once",
        [OP_YIELD] = "yield",
        [OP_SLEEP] = "sleep",
        [OP_CLOCK] = "clock",
        [OP_FREE] = "free",
        [OP_FILE] = "file",
        [OP_FILE_READ] = "file-read",
        [OP_FILE_WRITE] = "file-write",
        [OP_FILE_WAIT] = "file-wait",
        [OP_EXIT] = "exit",
        [OP_DESTROY] = "destroy",
    };

    return names[op];
}

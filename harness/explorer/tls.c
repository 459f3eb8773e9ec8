/*
 * tls.c - the program's own thread-local data (_Thread_local): a thread that
 * carries one schedule after the other begins each with the first values.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <string.h>

#include "carry.h"

static const void *image;
static size_t image_size, room, offset;

static int find(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size;
    (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type != PT_TLS)
            continue;
        image = (const void *)(info->dlpi_addr + part->p_vaddr);
        image_size = part->p_filesz;
        room = part->p_memsz;
        offset = (part->p_memsz + part->p_align - 1) & -part->p_align;
    }
    return 1; /* only the first object: the program itself */
}

void tls_init(void)
{
    dl_iterate_phdr(find, NULL);
}

/* Below the thread's control block, on the machines that we know. */
void tls_reset(uint64_t control_block)
{
#ifdef __x86_64__
    char *data = (char *)control_block - offset;

    memcpy(data, image, image_size);
    memset(data + image_size, 0, room - image_size);
#else
    (void)control_block;
#endif
}

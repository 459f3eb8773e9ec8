/*
 * object.c - see object.h.
 */
#define _GNU_SOURCE
#include "object.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

static void append(void *ctx, const char ***list, size_t *count,
                   const char *name)
{
    *list = talloc_realloc(ctx, *list, const char *, (unsigned)*count + 1);
    (*list)[(*count)++] = talloc_strdup(ctx, name);
}

static void read_symbols(struct object *object, Elf *elf, Elf_Scn *section,
                         const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

    for (size_t i = 0; data != NULL && i < n; i++) {
        GElf_Sym symbol;
        const char *name;

        if (gelf_getsym(data, (int)i, &symbol) == NULL ||
            GELF_ST_BIND(symbol.st_info) == STB_LOCAL)
            continue;
        name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name == NULL || *name == '\0')
            continue;
        if (symbol.st_shndx == SHN_UNDEF)
            append(object, &object->needed, &object->needed_count, name);
        else
            append(object, &object->defined, &object->defined_count, name);
    }
}

struct object *object_read(void *ctx, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct object *object = NULL;
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    Elf *elf;

    if (fd < 0)
        return NULL;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf != NULL && elf_kind(elf) == ELF_K_ELF)
        object = talloc_zero(ctx, struct object);
    while (object != NULL && (section = elf_nextscn(elf, section)) != NULL)
        if (gelf_getshdr(section, &header) != NULL &&
            header.sh_type == SHT_SYMTAB)
            read_symbols(object, elf, section, &header);
    elf_end(elf);
    close(fd);
    return object;
}

bool object_defines(const struct object *object, const char *name)
{
    for (size_t i = 0; i < object->defined_count; i++)
        if (strcmp(object->defined[i], name) == 0)
            return true;
    return false;
}

bool object_needs(const struct object *object, const char *name)
{
    size_t length = strlen(name);
    bool prefix = length > 0 && name[length - 1] == '*';

    for (size_t i = 0; i < object->needed_count; i++)
        if (prefix ? strncmp(object->needed[i], name, length - 1) == 0
                   : strcmp(object->needed[i], name) == 0)
            return true;
    return false;
}

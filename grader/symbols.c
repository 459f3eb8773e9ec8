/*
 * symbols.c - from an address in a program to the line that made it.
 *
 * All addresses are those of the ELF file. TSan prints them that way: for a
 * position-independent program what is left after the load address, for one
 * that is not the address itself. If somebody subtracted the load address of
 * the latter all the same, the sum lies below its first segment, and is put
 * right.
 *
 * Two sources: DWARF knows units, functions and lines of what was compiled
 * with -g, that is of the student's file, the tests and the harness. The
 * symbol table also has the names of TSan's own functions, which lie in the
 * same program without any line: "free", "pthread_mutex_destroy".
 */
#include "symbols.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <unistd.h>

#include "read_parts.h"

/* A stretch of code that one compilation unit made. */
struct range {
    uint64_t low, high; /* high is the first address after it */
    Dwarf_Die unit;
    bool student, kit;
};

/* Reports name the same few lines again and again. */
enum { MEMO = 512 };
struct memo {
    bool used;
    uint64_t offset;
    struct place place;
};

struct symbols {
    int file;
    Dwarf *dwarf;
    Elf *elf;            /* belongs to dwarf */
    const char *student; /* base name */
    uint64_t lowest;     /* address of the first loaded segment */
    Elf_Data *table;     /* the symbol table; NULL: there is none */
    size_t entries;
    size_t names; /* index of its string section */
    struct range *ranges;
    size_t count;
    struct memo memo[MEMO];
};

static int symbols_close(struct symbols *symbols)
{
    if (symbols->dwarf != NULL)
        dwarf_end(symbols->dwarf);
    if (symbols->file >= 0)
        close(symbols->file);
    return 0;
}

/* ---- opening ------------------------------------------------------------- */

static void add_range(struct symbols *symbols, const struct range *range)
{
    symbols->ranges = talloc_realloc(symbols, symbols->ranges, struct range,
                                     (unsigned)symbols->count + 1);
    symbols->ranges[symbols->count++] = *range;
}

static void add_unit(struct symbols *symbols, Dwarf_Die *unit)
{
    struct range range = {.unit = *unit};
    const char *name = dwarf_diename(unit);
    Dwarf_Attribute attribute;
    const char *folder;
    ptrdiff_t at = 0;
    Dwarf_Addr base, low, high;

    folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    if (name != NULL) {
        range.student = strcmp(path_base(name), symbols->student) == 0;
        range.kit =
            !range.student &&
            (kit_path(name) || (name[0] != '/' && folder && kit_path(folder)));
    }
    while ((at = dwarf_ranges(unit, at, &base, &low, &high)) > 0) {
        range.low = low;
        range.high = high;
        if (low < high)
            add_range(symbols, &range);
    }
}

static void read_units(struct symbols *symbols)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Half version;
    uint8_t type;
    Dwarf_Die unit, part;

    while (dwarf_get_units(symbols->dwarf, cu, &cu, &version, &type, &unit,
                           &part) == 0)
        if (type == DW_UT_compile)
            add_unit(symbols, &unit);
}

static void read_segments(struct symbols *symbols)
{
    size_t count = 0;
    GElf_Ehdr header;
    GElf_Phdr segment;

    symbols->lowest = 0;
    if (gelf_getehdr(symbols->elf, &header) == NULL ||
        header.e_type != ET_EXEC || elf_getphdrnum(symbols->elf, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(symbols->elf, (int)i, &segment) != NULL &&
            segment.p_type == PT_LOAD &&
            (symbols->lowest == 0 || segment.p_vaddr < symbols->lowest))
            symbols->lowest = segment.p_vaddr;
}

static void read_table(struct symbols *symbols)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(symbols->elf, section)) != NULL)
        if (gelf_getshdr(section, &header) != NULL &&
            header.sh_type == SHT_SYMTAB && header.sh_entsize > 0) {
            symbols->table = elf_getdata(section, NULL);
            symbols->entries = header.sh_size / header.sh_entsize;
            symbols->names = header.sh_link;
            return;
        }
}

struct symbols *symbols_open(void *ctx, const char *executable,
                             const char *student, const char **why)
{
    struct symbols *symbols = talloc_zero(ctx, struct symbols);

    symbols->student = talloc_strdup(symbols, path_base(student));
    symbols->file = open(executable, O_RDONLY | O_CLOEXEC);
    talloc_set_destructor(symbols, symbols_close);
    if (symbols->file < 0) {
        *why = talloc_asprintf(ctx, "%s cannot be read: %s", executable,
                               strerror(errno));
        talloc_free(symbols);
        return NULL;
    }
    symbols->dwarf = dwarf_begin(symbols->file, DWARF_C_READ);
    if (symbols->dwarf == NULL) {
        *why = talloc_asprintf(ctx, "%s has no debug information: %s",
                               executable, dwarf_errmsg(-1));
        talloc_free(symbols);
        return NULL;
    }
    symbols->elf = dwarf_getelf(symbols->dwarf);
    read_segments(symbols);
    read_units(symbols);
    read_table(symbols);
    return symbols;
}

/* ---- looking up ---------------------------------------------------------- */

static uint64_t address_of(const struct symbols *symbols, uint64_t offset)
{
    return offset < symbols->lowest ? offset + symbols->lowest : offset;
}

/*
 * The name in the symbol table of what covers the address, or NULL. Of
 * several names the one without leading underscores is for people:
 * "pthread_mutex_lock" rather than "__interceptor_pthread_mutex_lock".
 */
static const char *table_name(const struct symbols *symbols, uint64_t address,
                              int type)
{
    const char *best = NULL;
    GElf_Sym symbol;

    for (size_t i = 0; symbols->table && i < symbols->entries; i++) {
        const char *name;

        if (gelf_getsym(symbols->table, (int)i, &symbol) == NULL)
            break;
        if (GELF_ST_TYPE(symbol.st_info) != type ||
            symbol.st_shndx == SHN_UNDEF || address < symbol.st_value ||
            address - symbol.st_value >= symbol.st_size)
            continue;
        name = elf_strptr(symbols->elf, symbols->names, symbol.st_name);
        if (name == NULL || name[0] == '\0')
            continue;
        if (best == NULL || (best[0] == '_' && name[0] != '_'))
            best = name;
    }
    return best;
}

static struct range *range_of(const struct symbols *symbols, uint64_t address)
{
    for (size_t i = 0; i < symbols->count; i++)
        if (address >= symbols->ranges[i].low &&
            address < symbols->ranges[i].high)
            return &symbols->ranges[i];
    return NULL;
}

/* The innermost function, inlined ones too; its line where none is known. */
static void name_function(struct range *range, uint64_t address,
                          struct place *place)
{
    Dwarf_Die *scopes = NULL;
    int count = dwarf_getscopes(&range->unit, address, &scopes);

    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        int line = 0;

        if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
            continue;
        place->function = dwarf_diename(&scopes[i]);
        if (place->line == 0 && dwarf_decl_line(&scopes[i], &line) == 0) {
            place->line = line;
            place->file = dwarf_decl_file(&scopes[i]);
        }
        break;
    }
    free(scopes);
}

static struct place look_up(struct symbols *symbols, uint64_t address)
{
    struct place place = {0};
    struct range *range = range_of(symbols, address);
    Dwarf_Line *line;

    if (range == NULL) {
        place.function = table_name(symbols, address, STT_FUNC);
        return place;
    }
    line = dwarf_getsrc_die(&range->unit, address);
    if (line != NULL) {
        place.file = dwarf_linesrc(line, NULL, NULL);
        dwarf_lineno(line, &place.line);
    }
    name_function(range, address, &place);
    if (place.file == NULL) {
        place.file = dwarf_diename(&range->unit);
        place.line = 0;
    }
    place.student = range->student;
    place.kit = range->kit;
    if (place.student && place.file &&
        strcmp(path_base(place.file), symbols->student) == 0)
        place.file = path_base(place.file);
    return place;
}

struct place symbols_code(struct symbols *symbols, uint64_t offset)
{
    uint64_t address = address_of(symbols, offset);
    struct memo *memo = &symbols->memo[(address ^ address >> 9) % MEMO];

    if (!memo->used || memo->offset != address) {
        memo->place = look_up(symbols, address);
        memo->offset = address;
        memo->used = true;
    }
    return memo->place;
}

const char *symbols_data(struct symbols *symbols, uint64_t offset)
{
    const char *name =
        table_name(symbols, address_of(symbols, offset), STT_OBJECT);

    return name ? variable_plain(symbols, name) : NULL;
}

/* ---- the line table ------------------------------------------------------ */

static void unit_lines(struct symbols *symbols, Dwarf_Die *unit,
                       void (*tell)(void *state, uint64_t offset, int line),
                       void *state)
{
    Dwarf_Lines *lines;
    size_t count;

    if (dwarf_getsrclines(unit, &lines, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        Dwarf_Line *line = dwarf_onesrcline(lines, i);
        const char *file = dwarf_linesrc(line, NULL, NULL);
        Dwarf_Addr address;
        int number;

        if (file != NULL && strcmp(path_base(file), symbols->student) == 0 &&
            dwarf_lineaddr(line, &address) == 0 &&
            dwarf_lineno(line, &number) == 0)
            tell(state, address, number);
    }
}

void symbols_lines(struct symbols *symbols,
                   void (*tell)(void *state, uint64_t offset, int line),
                   void *state)
{
    Dwarf_Off told = 0;

    for (size_t i = 0; i < symbols->count; i++) {
        Dwarf_Die *unit = &symbols->ranges[i].unit;

        if (!symbols->ranges[i].student || dwarf_dieoffset(unit) == told)
            continue;
        told = dwarf_dieoffset(unit);
        unit_lines(symbols, unit, tell, state);
    }
}

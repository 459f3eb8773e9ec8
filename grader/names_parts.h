/*
 * names_parts.h - what the parts of names.h share. Only names*.c include it.
 *
 *   names.c        the executable; static and local variables
 *   names_types.c  from a type and an offset to a field, an element, a value
 *   names_heap.c   blocks of the heap, whose type is guessed
 */
#ifndef NAMES_PARTS_H
#define NAMES_PARTS_H

#include <elfutils/libdw.h>

#include "names.h"

/* ---- names.c ------------------------------------------------------------ */

/* The next compilation unit; `*cu` is NULL before the first. false when there
 * is none. */
bool names_next_unit(struct names *names, Dwarf_CU **cu, Dwarf_Die *unit);

/* The unit, the function whose code `pc` lies in. false when there is none. */
bool names_unit_at(struct names *names, uint64_t pc, Dwarf_Die *unit);
bool names_function_at(struct names *names, uint64_t pc, Dwarf_Die *function);

/* ---- names_types.c ------------------------------------------------------ */

/* The type of a variable, a field, ..., past typedef, const, _Atomic. */
bool names_type_of(Dwarf_Die *die, Dwarf_Die *type);

/* In bytes; 0 when it is not known. */
uint64_t names_size_of(Dwarf_Die *type);

/* What lies `offset` bytes inside of something of that type and name. */
struct named names_inside(struct names *names, Dwarf_Die *type,
                          const char *name, uint64_t offset);

#endif

/*
 * tools.h - which tools made a verdict: names and versions for the result
 * file.
 */
#ifndef TOOLS_H
#define TOOLS_H

#include "report.h"

/*
 * Asking four programs for their versions takes 60 ms, so build/tools.json
 * keeps the answers until one of the programs changes. Belongs to ctx.
 */
struct tool *tools_versions(void *ctx, const char *root, size_t *count);

#endif

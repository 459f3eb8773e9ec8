/* broken.c - does not compile; line numbers matter to the tests. */
#include <stdio.h>
static int f(void)
{
    int spare;
    int unset;
    printf("%s\n", 7);
    nonsense nonsense;
#include "broken.h"
    return 0;
}

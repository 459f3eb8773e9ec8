/*
 * lean_criterion.c - Criterion starts faster.
 *
 * Criterion draws the difference of two long strings with libgit2, and with it
 * come fourteen more libraries (TLS, Kerberos, SSH, ...), for each test anew:
 * 7 ms of linking, and once 40 ms of decoding certificates. No test of an
 * exercise draws a difference, so programs of tests find this in libgit2's
 * place: the Makefile gives it the name that Criterion asks for.
 */
int git_libgit2_init(void);
int git_libgit2_init(void)
{
    return 1;
}

int git_libgit2_shutdown(void);
int git_libgit2_shutdown(void)
{
    return 0;
}

/* Finds no difference, and so calls back nobody. */
int git_diff_buffers(void);
int git_diff_buffers(void)
{
    return 0;
}

/* broken.h - an error in another file than the student's. */
#error "not to be included"

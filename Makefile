# Interleave. `make` alone says what can be done.

help:
	printf '%s\n' \
	'make list                     the exercises, and how far you are' \
	'make check EX=04              your answer to exercise 04, judged' \
	'make hint EX=04               the next hint for the check that failed' \
	'make reset EX=04              the stub again; your file is kept' \
	'make grade DIR=folder EX=04   a folder of answers, judged' \
	'make explore SRC=prog.c       every interleaving of any program' \
	'make replay SRC=prog.c SCHEDULE=token   one of them again' \
	'make curve EX=04              how fast on 1 to 64 cores, and what is in' \
	'                              the way; SRC=prog.c: of any program' \
	'make kit OUT=folder           what a student gets' \
	'make test                     the kit checks itself' \
	'make soak, make bench         again and again; how fast' \
	'make serve                    the web server of exercise 07' \
	'make clean                    removes build/' \
	'' 'README.md says more.'

.PHONY: help check grade list hint reset kit explore replay curve serve test \
    soak bench clean own-rules fuzz fuzz-some
.SILENT:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += -r

# ---- values given by a person -----------------------------------------------
# They reach the program through the environment. make would expand a value
# that is given on its command line, SRC='$(shell ...)', when it is used or
# exported: so each is replaced by its own text. Nothing here uses them.

GIVEN := EX SRC RESULT LENS SEED DIR OUT JOBS INSTALL NO_COLOR ARGS CFLAGS \
    SCHEDULES SECONDS STRATEGY BOUND REDUCE RACES SCHEDULE GDB

define pass_on
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,$(GIVEN),$(eval $(call pass_on,$(name))))

# ---- set-up ------------------------------------------------------------------
# build/setup.mk is made once, when all packages are there, and again when the
# list of them changes. make reads it and then begins anew. (At first it is
# empty and very old, so that make does not complain that it is not there.)

ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
ifeq ($(wildcard build/setup.mk),)
$(shell mkdir -p build && touch -d @0 build/setup.mk)
endif
include build/setup.mk
endif

ifdef KIT_JOBS
MAKEFLAGS += -j$(KIT_JOBS)
endif

LIBRARIES := jansson talloc expat inih libdw libcmark

ifndef MAKE_RESTARTS # once: a clock that is wrong must not make a loop
build/setup.mk: grader/packages.txt grader/setup.sh
endif
build/setup.mk:
	sh grader/setup.sh
	mkdir -p build
	cflags=$$(pkg-config --cflags $(LIBRARIES)) && \
	libs=$$(pkg-config --libs $(LIBRARIES)) && \
	printf '%s\n' "KIT_PKG_CFLAGS := $$cflags" "KIT_PKG_LIBS := $$libs -lm" \
	    "KIT_JOBS := $$(nproc)" > $@.$$$$ && mv $@.$$$$ $@
	test -e build/interleave || \
	    echo 'interleave: building the kit; this happens once' >&2

# ---- how things are made -----------------------------------------------------
# Nobody's CC or CFLAGS are looked at: those are for other programs. Each file
# is made under a name of its own and moved into place, so that two makes at
# one time in one clone do not see each other's half-made files.

KIT_CC := gcc
KIT_CLANG := clang
KIT_CFLAGS := -std=gnu11 -gdwarf-4 -Wall -Wextra -Wmissing-prototypes
GRADER_CFLAGS := $(KIT_CFLAGS) -O2 -pthread -Igrader

# $(call compile,compiler and flags[,and then])
compile = mkdir -p $(@D) && \
    $(1) -MMD -MP -MT $@ -MF $@.$$$$.d -c $< -o $@.$$$$ $(2) && \
    mv -f $@.$$$$.d $@.d && mv -f $@.$$$$ $@ || \
    { rm -f $@.$$$$ $@.$$$$.d; exit 1; }

# $(call link,command[,and then])
link = mkdir -p $(@D) && $(1) -o $@.$$$$ $(2) && mv -f $@.$$$$ $@ || \
    { rm -f $@.$$$$; exit 1; }

-include $(wildcard build/*/*.d build/*/*/*.d build/kit/harness/*/*.d)

# ---- the grader --------------------------------------------------------------

GRADER := $(filter-out grader/keeper.c grader/origin% grader/lean_%,\
    $(wildcard grader/*.c))
GRADER_O := $(GRADER:%.c=build/%.o)
KEEPER_O := $(addprefix build/grader/,keeper.o family.o proc.o)
ORIGIN_O := $(patsubst %.c,build/%.o,$(wildcard grader/origin*.c))

build/grader/%.o: grader/%.c Makefile
	$(call compile,$(KIT_CC) $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS))

build/interleave: $(GRADER_O)
	$(call link,$(KIT_CC) -pthread $^ $(KIT_PKG_LIBS))

build/keeper: $(KEEPER_O)
	$(call link,$(KIT_CC) -static -pthread $^)

build/origin: $(ORIGIN_O)
	$(call link,$(KIT_CC) -pthread $^ -lmicrohttpd)

# ---- the exercises -----------------------------------------------------------
# Found by wildcard. What does not depend on the student's file is made ahead:
# tests.c once for each lens, and the oracle, which is tests.c without her file.

EXERCISES := $(patsubst exercises/%/tests.c,%,\
    $(wildcard exercises/[0-9][0-9]-*/tests.c))
WORKLOADS := $(patsubst exercises/%/workload.c,%,\
    $(wildcard exercises/[0-9][0-9]-*/workload.c))
FLAVOURS := criterion-gcc criterion-clang plain tsan

# Real Criterion, or the kit's stand-in of the same name, which is found first.
REAL := -Iharness
STANDIN := -Iharness/standin -Iharness

INSIDE_CFLAGS := $(KIT_CFLAGS) -pthread -fno-omit-frame-pointer \
    -fno-optimize-sibling-calls

criterion-gcc := $(KIT_CC) $(INSIDE_CFLAGS) -O1 $(REAL)
criterion-clang := $(KIT_CLANG) $(INSIDE_CFLAGS) -O1 -gdwarf-aranges $(REAL)
plain := $(KIT_CC) $(INSIDE_CFLAGS) -O1 $(STANDIN)
tsan := $(KIT_CLANG) $(INSIDE_CFLAGS) -O0 -gdwarf-aranges -fsanitize=thread \
    $(STANDIN)
oracle := $(KIT_CC) $(INSIDE_CFLAGS) -O1 -DINTERLEAVE_ORACLE $(STANDIN)
workload := $(KIT_CC) $(INSIDE_CFLAGS) -O2 $(STANDIN)
faults := $(plain)
clocked := $(workload)

# The tests' own blocking calls go through the harness (harness/calls.c).
WRAP = && objcopy --redefine-syms=harness/calls.syms $@.$$$$

# A student's file may define meet(), or release(): what the kit calls so is
# renamed to kit.meet, which is no name in C, and in the tests' objects too.
# $(PRIVATE) lists in X.o.syms what X.o defines, and renames; $(call use,X).
# Not what takes the place of the C library's, for all: free(), realloc().
PUBLIC := main|explored_main|free|realloc|(il_|fault_|ex_|explorer_|workload_|__).*
PRIVATE = && nm -g --defined-only $@.$$$$ | sed -n 's/.* [A-Z] //p' | \
    grep -vxE '$(PUBLIC)' | sed 's/.*/& kit.&/' >$@.$$$$.syms && \
    objcopy --redefine-syms=$@.$$$$.syms $@.$$$$ && \
    mv -f $@.$$$$.syms $@.syms
use = && objcopy --redefine-syms=build/kit/harness/$(1).o.syms $@.$$$$

define flavour
build/kit/%/$(1).o: exercises/%/tests.c Makefile harness/calls.syms \
    build/kit/harness/$(1).o
	$$(call compile,$$($(1)) -Iexercises/$$*,$$(WRAP) $$(call use,$(1)))
endef
$(foreach name,$(FLAVOURS),$(eval $(call flavour,$(name))))

build/kit/%/oracle.o: exercises/%/tests.c Makefile
	$(call compile,$(oracle) -Iexercises/$*)

build/kit/%/oracle: build/kit/%/oracle.o build/kit/harness/oracle/oracle.o \
    build/kit/harness/oracle/draw.o
	$(call link,$(KIT_CC) $^)

build/kit/%/workload.o: exercises/%/workload.c Makefile \
    build/kit/harness/workload.o
	$(call compile,$(workload) -Iexercises/$*,$(call use,workload))

# ---- the harness -------------------------------------------------------------
# One object for each flavour, all that is linked with the tests of that
# flavour. Frame pointers, because the board keeps the callers of each call.

MAINS := oracle runner speed faults faults_calls faults_memory assertions clocked
INSIDE := $(filter-out $(MAINS),$(patsubst harness/%.c,%,$(wildcard harness/*.c)))

# Only the wrapped calls are compiled with ThreadSanitizer (harness/quiet.h),
# and nothing else calls what it watches (harness/quiet.c).
QUIET := && objcopy --redefine-sym memcpy=quiet_memcpy \
    --redefine-sym memset=quiet_memset
UNSEEN = && ! nm -u $@.$$$$ | grep -qwE 'mem(cpy|set|move)'

define harness
build/kit/harness/$(1)/%.o: harness/%.c Makefile
	$$(call compile,$$($(1)) $$(if $$(filter calls%,$$*),,-fno-sanitize=all),\
	    $$(if $$(filter tsan,$(1)),$$(QUIET) $$@.$$$$$$$$ $$(UNSEEN)))
endef
$(foreach name,$(FLAVOURS) oracle workload faults clocked,\
    $(eval $(call harness,$(name))))

HARNESS_criterion-gcc := $(INSIDE) assertions
HARNESS_criterion-clang := $(INSIDE) assertions
HARNESS_plain := $(INSIDE) runner
HARNESS_tsan := $(INSIDE) runner
HARNESS_workload := $(INSIDE) speed
HARNESS_clocked := clocked
HARNESS_faults := $(INSIDE) runner faults faults_calls faults_memory

define harness_object
build/kit/harness/$(1).o: $$(HARNESS_$(1):%=build/kit/harness/$(1)/%.o)
	$$(call link,ld -r $$^,$$(PRIVATE))
endef
$(foreach name,$(FLAVOURS) workload faults clocked,\
    $(eval $(call harness_object,$(name))))

# ---- the explorer --------------------------------------------------------------
# Takes the place of ThreadSanitizer's runtime. Programs that are linked with it
# are not position-independent, so that addresses are the same in every run.
# The calls that it takes over are renamed to what it defines: ex_NAME.

EXPLORER := $(filter-out edge program scenario randomcheck% rate speedup timed,$(patsubst harness/explorer/%.c,%,\
    $(wildcard harness/explorer/*.c)))
EXPLORER_CFLAGS := $(KIT_CFLAGS) -O2 -fno-pic -fno-stack-protector \
    -fno-omit-frame-pointer -Iharness/explorer -Iharness

build/kit/explorer/%.o: harness/explorer/%.c Makefile
	$(call compile,$(KIT_CC) $(EXPLORER_CFLAGS))

build/kit/explorer/edge_%.o: harness/explorer/edge.c Makefile
	$(call compile,$(KIT_CC) $(EXPLORER_CFLAGS) -DEDGE=$*)

build/kit/explorer/engine.o: $(EXPLORER:%=build/kit/explorer/%.o) \
    build/kit/explorer/edge_own.o
	$(call link,ld -r $^)

build/kit/explorer/calls.syms: build/kit/explorer/engine.o
	nm $< | sed -n 's/^[0-9a-f]* T ex_\(.*\)/\1 ex_\1/p' >$@.$$$$ && mv $@.$$$$ $@

# What an answer calls so is its own: the names of all calls that are renamed.
build/kit/library.names: harness/calls.syms harness/faults.syms \
    build/kit/explorer/calls.syms
	cat $^ | tr ' ' '\n' | sort -u >$@.$$$$ && mv $@.$$$$ $@

build/kit/explorer/program.syms: build/kit/explorer/calls.syms
	{ cat $<; echo main explored_main; } >$@.$$$$ && mv $@.$$$$ $@

# C11 threads for explored programs: calls as the program's own.
build/kit/explorer/c11.o: harness/c11.c build/kit/explorer/calls.syms Makefile
	$(call compile,$(KIT_CC) $(EXPLORER_CFLAGS),\
	    && objcopy --redefine-syms=build/kit/explorer/calls.syms $@.$$$$)

# Tests of exercises: what is linked before and behind the student's object,
# so that the program's data lies between the marks.
build/kit/explorer/scenario.o: EXPLORER_CFLAGS += -Iharness/standin

build/kit/harness/explored.o: $(patsubst %,build/kit/explorer/%.o,\
    edge_end c11 scenario engine) build/kit/harness/plain/draw.o
	$(call link,ld -r $^,$(PRIVATE))

# The same for a whole program.
build/kit/explorer/whole.o: $(patsubst %,build/kit/explorer/%.o,\
    edge_end c11 program engine)
	$(call link,ld -r $^,$(PRIVATE))

EXPLORED := $(KIT_CLANG) $(KIT_CFLAGS) -O0 -fsanitize=thread -fno-pic \
    -mllvm -tsan-instrument-read-before-write=1 \
    -mllvm -tsan-distinguish-volatile=1 -fno-omit-frame-pointer \
    -fno-optimize-sibling-calls $(STANDIN)

build/kit/%/explored-tests.o: exercises/%/tests.c \
    build/kit/explorer/calls.syms build/kit/harness/explored.o Makefile
	$(call compile,$(EXPLORED) -Iexercises/$*,\
	    && objcopy --redefine-syms=build/kit/explorer/calls.syms $@.$$$$ \
	    $(call use,explored))

build/kit/%/explored.o: build/kit/explorer/edge_begin.o \
    build/kit/%/explored-tests.o build/kit/explorer/edge_tests.o
	$(call link,ld -r $^)

# In virtual time: clang counts the basic blocks.
TIMED := $(KIT_CLANG) $(KIT_CFLAGS) -O1 -fsanitize=thread -fno-pic \
    -fsanitize-coverage=bb,no-prune,trace-pc -fno-omit-frame-pointer \
    -fno-optimize-sibling-calls -DINTERLEAVE_TIMED $(STANDIN)

# Sixty-four workers and more: so there is a second engine. In the first each
# lock would have to carry the longer clocks of races along.
TIMED_OWN := -DEXPLORER_THREADS=240

build/kit/timed/%.o: harness/explorer/%.c Makefile
	$(call compile,$(KIT_CC) $(EXPLORER_CFLAGS) $(TIMED_OWN))

build/kit/timed/timed.o: EXPLORER_CFLAGS += -Iharness/standin

build/kit/timed/engine.o: $(EXPLORER:%=build/kit/timed/%.o) \
    build/kit/explorer/edge_own.o
	$(call link,ld -r $^)

build/kit/harness/timed.o: build/kit/explorer/edge_end.o \
    build/kit/explorer/c11.o build/kit/timed/timed.o build/kit/timed/engine.o \
    build/kit/harness/plain/draw.o
	$(call link,ld -r $^,$(PRIVATE))

build/kit/%/timed-workload.o: exercises/%/workload.c \
    build/kit/explorer/calls.syms build/kit/harness/timed.o Makefile
	$(call compile,$(TIMED) -Iexercises/$*,\
	    && objcopy --redefine-syms=build/kit/explorer/calls.syms $@.$$$$ \
	    $(call use,timed))

build/kit/%/timed.o: build/kit/explorer/edge_begin.o \
    build/kit/%/timed-workload.o build/kit/explorer/edge_tests.o
	$(call link,ld -r $^)

build/kit/explorer/whole_timed.o: build/kit/explorer/edge_end.o \
    build/kit/explorer/c11.o build/kit/timed/speedup.o build/kit/timed/engine.o
	$(call link,ld -r $^,$(PRIVATE))

build/test/randomcheck build/test/rate: build/test/%: \
    $(patsubst %,build/kit/explorer/%.o,edge_begin edge_end) \
    build/kit/explorer/%.o build/kit/explorer/engine.o
	$(call link,$(KIT_CC) -no-pie -pthread $^)

build/test/randomcheck: $(patsubst harness/%.c,build/kit/%.o,\
    $(wildcard harness/explorer/randomcheck_*.c))

EXPLORER_KIT := build/kit/harness/explored.o \
    $(patsubst %,build/kit/explorer/%,edge_begin.o whole.o calls.syms \
    program.syms)

# The C library that programs under Valgrind load.
LIBC := $(realpath $(shell $(KIT_CC) -print-file-name=libc.so.6 2>/dev/null))

build/kit/valgrind/lib/libc.so.6: $(LIBC) grader/lean_libc.sh
	grader/lean_libc.sh $(LIBC) $@

# What real Criterion loads in place of libgit2, under whatever name it has.
CRITERION_GIT = $$(objdump -p \
    $$(realpath $$($(KIT_CC) -print-file-name=libcriterion.so)) | \
    sed -n 's/.*NEEDED *\(libgit2\.so.*\)/\1/p')

build/kit/criterion/lib/lean.so: grader/lean_criterion.c Makefile
	$(call compile,$(KIT_CC) $(KIT_CFLAGS) -O1 -fPIC,\
	    && $(KIT_CC) -shared -o $@.$$$$.so $@.$$$$ && mv $@.$$$$.so $@.$$$$)
	git=$(CRITERION_GIT) && test -z "$$git" || ln -sf lean.so $(@D)/$$git

KIT := build/interleave build/keeper build/origin $(EXPLORER_KIT) \
    build/kit/library.names \
    $(FLAVOURS:%=build/kit/harness/%.o) \
    build/kit/harness/workload.o build/kit/harness/faults.o \
    build/kit/valgrind/lib/libc.so.6 build/kit/criterion/lib/lean.so \
    $(foreach name,$(EXERCISES),build/kit/$(name)/oracle \
        $(FLAVOURS:%=build/kit/$(name)/%.o) build/kit/$(name)/explored.o) \
    $(WORKLOADS:%=build/kit/%/workload.o) $(WORKLOADS:%=build/kit/%/timed.o) \
    build/kit/harness/timed.o build/kit/explorer/whole_timed.o \
    build/kit/harness/clocked.o

# ---- what can be done --------------------------------------------------------

list hint reset kit: build/interleave
	build/interleave $@

check grade explore replay curve: $(KIT)
	build/interleave $@

serve: build/origin
	build/origin

clean:
	rm -rf build

# ---- the kit's check of itself -----------------------------------------------
# What lies in grader/test/ is one Criterion program, which runs last; but for
# those that drive the grader from outside, each a program of its own. They
# need solutions/, so a student's kit has none of them.

DRIVERS := selfcheck soak bench bench_speed witnesses fuzz explorercheck
UNIT_O := $(patsubst %.c,build/%.o,$(filter-out grader/test/drive.c \
    grader/test/soak_log.c grader/test/bench_plain.c \
    $(DRIVERS:%=grader/test/%.c),$(wildcard grader/test/*.c)))
LESS_MAIN := $(filter-out build/grader/main.o,$(GRADER_O))
SELFCHECK := $(patsubst grader/test/%.c,build/test/%,\
    $(wildcard grader/test/explorercheck.c grader/test/selfcheck.c))
BENCH := $(patsubst grader/test/%.c,build/test/%,$(wildcard grader/test/bench.c))
STRICT := $(patsubst %,build/strict/%.ok,\
    $(wildcard grader/*.c grader/test/*.c harness/*.c harness/explorer/*.c))

build/grader/test/%.o: grader/test/%.c Makefile
	$(call compile,$(KIT_CC) $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS))

SPEEDUP := $(patsubst harness/test/speedup/%.c,build/test/speedup/%,\
    $(wildcard harness/test/speedup/*.c))

build/test/speedup/%: harness/test/speedup/%.c harness/test/speedup/work.h \
    build/kit/explorer/edge_begin.o build/kit/explorer/whole_timed.o \
    build/kit/explorer/program.syms Makefile
	mkdir -p $(@D)
	$(TIMED) -pthread -c $< -o $@.$$$$.o && \
	    objcopy --redefine-syms=build/kit/explorer/program.syms $@.$$$$.o && \
	    $(KIT_CC) -no-pie -pthread -o $@.$$$$ build/kit/explorer/edge_begin.o \
	        $@.$$$$.o build/kit/explorer/whole_timed.o -lm && mv -f $@.$$$$ $@; \
	    status=$$?; rm -f $@.$$$$.o $@.$$$$; exit $$status

build/test/unit: $(UNIT_O) $(LESS_MAIN) build/kit/harness/plain/shared_lock.o \
    | $(KIT) $(SPEEDUP)
	$(call link,$(KIT_CC) -pthread $^ $(KIT_PKG_LIBS) -lcriterion)

build/test/%: build/grader/test/%.o build/grader/test/drive.o $(LESS_MAIN) \
    | $(KIT)
	$(call link,$(KIT_CC) -pthread $^ $(KIT_PKG_LIBS))

# No warning from either compiler; elsewhere a newer compiler may have one.
build/strict/%.ok: % Makefile $(wildcard grader/*.h grader/test/*.h harness/*.h \
    harness/explorer/*.h)
	mkdir -p $(@D)
	for cc in $(KIT_CC) $(KIT_CLANG); do \
	    $$cc $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS) -Werror \
	        $(if $(filter harness/%,$<),$(STANDIN) -Iharness/explorer) \
	        -c $< -o /dev/null || exit 1; \
	done
	touch $@

# Our own threads under ThreadSanitizer, our own memory under Memcheck: a whole
# check of a stub, which has something of everything.
build/own/%.o: grader/%.c Makefile
	$(call compile,$(KIT_CLANG) $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS) \
	    -fsanitize=thread)

build/interleave-tsan: $(GRADER_O:build/grader/%=build/own/%)
	$(call link,$(KIT_CLANG) -fsanitize=thread -pthread $^ $(KIT_PKG_LIBS))

OWN_CHECK := EX=04 SRC=exercises/04-thread-pool/stub.c LENS= SEED= \
    RESULT=build/test/own.json
OWN_MEMCHECK := valgrind -q --leak-check=full --error-exitcode=99 \
    --errors-for-leak-kinds=definite --child-silent-after-fork=yes

own-rules: $(KIT) build/interleave-tsan
	mkdir -p build/test
	$(OWN_CHECK) TSAN_OPTIONS=exitcode=66 build/interleave-tsan check \
	    >build/test/own.out 2>&1; \
	    [ $$? -eq 1 ] || { cat build/test/own.out; exit 1; }
	$(OWN_CHECK) $(OWN_MEMCHECK) build/interleave check \
	    >build/test/own.out 2>&1; \
	    [ $$? -eq 1 ] || { cat build/test/own.out; exit 1; }
	echo "own rules: no race in our threads, no leak in our memory"

# What strangers' programs can make the tools say, under AddressSanitizer: some
# inputs from a fixed seed in `make test`, SECONDS of new ones in `make fuzz`.
FUZZ_FLAGS := -O1 -g -fsanitize=address,fuzzer-no-link
FUZZ_LINK := $(KIT_CLANG) -fsanitize=address,fuzzer -pthread

build/fuzz/%.o: grader/%.c Makefile
	$(call compile,$(KIT_CLANG) $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS) $(FUZZ_FLAGS))

build/fuzz/fuzz.o: grader/test/fuzz.c Makefile
	$(call compile,$(KIT_CLANG) $(GRADER_CFLAGS) $(KIT_PKG_CFLAGS) $(FUZZ_FLAGS))

build/fuzz/fuzz: build/fuzz/fuzz.o \
    $(filter-out build/fuzz/main.o,$(GRADER_O:build/grader/%=build/fuzz/%))
	$(call link,$(FUZZ_LINK) $^ $(KIT_PKG_LIBS))

# The recorded reports, behind the letter of their reader.
build/fuzz/seeds: $(wildcard grader/test/reports/*.txt grader/test/reports/*.xml)
	rm -rf $@ && mkdir -p $@
	for file in $^; do \
	    case $$file in */helgrind*) who=h;; */memcheck*) who=m;; \
	        */tsan*) who=t;; *) who=d;; esac; \
	    { printf %s $$who; cat $$file; } >$@/$${file##*/}; done
	printf 'rsecret start a/b\nsecret value a/b key 1\nsecret end a/b\n' \
	    >$@/records
	printf 'etest a/b\nexpect a/b key 0 1 why\n' >$@/expectations

FUZZ := build/fuzz/fuzz -close_fd_mask=3 -print_final_stats=0 -max_len=40000 \
    -artifact_prefix=build/fuzz/

fuzz: build/fuzz/fuzz build/fuzz/seeds
	mkdir -p build/fuzz/found
	$(FUZZ) -max_total_time=$${SECONDS:-60} build/fuzz/found build/fuzz/seeds
	echo 'fuzz: no reader crashed'

fuzz-some: build/fuzz/fuzz build/fuzz/seeds
	rm -rf build/fuzz/new && mkdir -p build/fuzz/new
	$(FUZZ) -runs=$(FUZZ_RUNS) -seed=1 build/fuzz/new build/fuzz/seeds \
	    >build/fuzz/out 2>&1 || { tail -40 build/fuzz/out; exit 1; }
	echo 'fuzz: $(FUZZ_RUNS) inputs, no reader crashed'

FUZZ_RUNS := 5000

test: $(KIT) $(STRICT) $(SELFCHECK) $(BENCH) build/test/unit \
    build/test/randomcheck own-rules fuzz-some
	status=0; for program in 'build/test/randomcheck 40' $(BENCH:%='% builds') \
	    $(SELFCHECK) build/test/unit; do \
	    $$program || status=1; done; exit $$status

build/test/soak: build/grader/test/soak_log.o
build/test/bench: build/grader/test/bench_plain.o

ifneq ($(wildcard solutions),)
soak: $(KIT) build/test/soak build/test/explorercheck
	build/test/soak

bench: $(KIT) build/test/bench build/test/rate build/test/bench_speed \
    build/test/witnesses
	build/test/bench
	build/test/bench_speed
	build/test/witnesses
else
soak bench:
	echo 'interleave: $@ runs the answers in solutions/, which are not here' >&2
	exit 2
endif

/* clock COUNT PROGRAM ARGUMENT…: runs the program COUNT times, its output thrown away.
 * Prints the median wall time in microseconds and the largest resident size in KiB. Exits 1 when a run fails. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **words) {
    if (count < 3) return 2;
    int runs = atoi(words[1]);
    if (runs < 1) return 2;
    double *took = calloc(runs, sizeof *took);
    long largest = 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < runs; i++) {
        struct timespec began, ended;
        struct rusage usage;
        pid_t pid;
        int status;
        clock_gettime(CLOCK_MONOTONIC, &began);
        if (posix_spawnp(&pid, words[2], &actions, NULL, words + 2, environ)) {
            perror(words[2]);
            return 1;
        }
        if (wait4(pid, &status, 0, &usage) < 0) return 1;
        clock_gettime(CLOCK_MONOTONIC, &ended);
        if (!WIFEXITED(status) || WEXITSTATUS(status)) {
            fprintf(stderr, "%s: status %d\n", words[2], status);
            return 1;
        }
        took[i] = (ended.tv_sec - began.tv_sec) * 1e6 + (ended.tv_nsec - began.tv_nsec) / 1e3;
        if (usage.ru_maxrss > largest) largest = usage.ru_maxrss;
    }
    qsort(took, runs, sizeof *took, ascending);
    printf("%.1f %ld\n", took[runs / 2], largest);
    return 0;
}

/* spawn MODE N JOBS: starts N times /bin/true, JOBS at once; the least that any runner has to do.
 * MODE plain: nothing kept. MODE captured: stdout and stderr of each are read to their end through pipes.
 * Prints microseconds per process. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static char *argv_true[] = {"/bin/true", NULL};

static void plain(int total, int jobs) {
    int started = 0, ended = 0;
    while (ended < total) {
        while (started < total && started - ended < jobs) {
            pid_t pid;
            if (posix_spawn(&pid, argv_true[0], NULL, NULL, argv_true, environ)) fail("posix_spawn");
            started++;
        }
        int status;
        if (wait(&status) < 0 || status) fail("wait");
        ended++;
    }
}

/* One slot is one child: its pid and the reading ends of its two pipes, -1 when closed. */
struct slot {
    pid_t pid;
    int ends[2];
};

static void start(struct slot *slot) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    if (posix_spawn(&slot->pid, argv_true[0], &actions, NULL, argv_true, environ)) fail("posix_spawn");
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    slot->ends[0] = out[0];
    slot->ends[1] = err[0];
}

static void captured(int total, int jobs) {
    struct slot *slots = calloc(jobs, sizeof *slots);
    struct pollfd *waits = calloc(2 * jobs, sizeof *waits);
    int started = 0, ended = 0;
    for (int i = 0; i < jobs && started < total; i++, started++) start(&slots[i]);
    while (ended < total) {
        for (int i = 0; i < jobs; i++)
            for (int j = 0; j < 2; j++) {
                waits[2 * i + j].fd = slots[i].pid ? slots[i].ends[j] : -1;
                waits[2 * i + j].events = POLLIN;
            }
        if (poll(waits, 2 * jobs, -1) < 0) fail("poll");
        for (int i = 0; i < jobs; i++) {
            if (!slots[i].pid) continue;
            for (int j = 0; j < 2; j++) {
                char text[4096];
                if (slots[i].ends[j] >= 0 && waits[2 * i + j].revents && read(slots[i].ends[j], text, sizeof text) <= 0) {
                    close(slots[i].ends[j]);
                    slots[i].ends[j] = -1;
                }
            }
            if (slots[i].ends[0] < 0 && slots[i].ends[1] < 0) {
                int status;
                if (waitpid(slots[i].pid, &status, 0) < 0 || status) fail("waitpid");
                slots[i].pid = 0;
                ended++;
                if (started < total) {
                    start(&slots[i]);
                    started++;
                }
            }
        }
    }
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int total = atoi(words[2]), jobs = atoi(words[3]);
    double began = now();
    if (!strcmp(words[1], "plain")) plain(total, jobs);
    else captured(total, jobs);
    printf("%.1f\n", (now() - began) * 1e6 / total);
    return 0;
}

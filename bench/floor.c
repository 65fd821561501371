/* floor: the least work with which a chat server could do what the others do.
 *
 * One thread, epoll, no log, no limits, no names. What a room gathers in one turn of the
 * loop goes to each member in one send(): what this reaches is what the kernel allows.
 * It answers only the key that load.c asks with, and so needs no SHA-1.
 *
 * usage: floor PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK (1 << 16)
#define BUCKETS 4096
#define MOST_WAITING (16 << 20)   /* bytes for one reader, after which it is cut */

static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct bytes { char *at; size_t size, room; };

struct member {
    int socket;
    size_t place;             /* in its room */
    struct room *room;        /* NULL before the handshake */
    struct bytes rest, waiting;
};

struct room {
    char name[64];
    struct room *next, *next_dirty;
    struct member **members;
    size_t size, space;
    bool dirty;
    struct bytes frames;      /* of this turn */
};

static struct room *rooms[BUCKETS], *dirty;
static int poller;
static char chunk[CHUNK];

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void append(struct bytes *to, const void *from, size_t size)
{
    if (to->size + size > to->room) {
        to->room = (to->size + size) * 2;
        if (!(to->at = realloc(to->at, to->room))) fail("floor");
    }
    memcpy(to->at + to->size, from, size);
    to->size += size;
}

static struct room *open_room(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    if (size >= sizeof rooms[0]->name) size = sizeof rooms[0]->name - 1;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    struct room **at = &rooms[hash % BUCKETS];
    while (*at && (strncmp((*at)->name, name, size) || (*at)->name[size])) at = &(*at)->next;
    if (!*at) {
        if (!(*at = calloc(1, sizeof **at))) fail("floor");
        memcpy((*at)->name, name, size);
    }
    return *at;
}

static void join(struct member *member, struct room *room)
{
    if (room->size == room->space) {
        room->space = room->space ? room->space * 2 : 4;
        room->members = realloc(room->members, room->space * sizeof *room->members);
        if (!room->members) fail("floor");
    }
    member->room = room;
    member->place = room->size;
    room->members[room->size++] = member;
}

static void leave(struct member *member)
{
    struct room *room = member->room;
    if (room) {
        room->members[member->place] = room->members[--room->size];
        room->members[member->place]->place = member->place;
    }
    close(member->socket);
    free(member->rest.at);
    free(member->waiting.at);
    free(member);
}

static void poll_for(struct member *member, uint32_t events, int operation)
{
    struct epoll_event event = { .events = events, .data.ptr = member };
    epoll_ctl(poller, operation, member->socket, &event);
}

/* Whoever cannot be written to is read to its end, which comes through the poller. */
static void deliver(struct member *member, const char *frames, size_t size)
{
    ssize_t sent = 0;
    if (!member->waiting.size) {
        sent = send(member->socket, frames, size, MSG_NOSIGNAL);
        if (sent == (ssize_t)size) return;
        if (sent < 0 && errno != EAGAIN) return;
        if (sent < 0) sent = 0;
        poll_for(member, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    if (member->waiting.size > MOST_WAITING) shutdown(member->socket, SHUT_RDWR);
    else append(&member->waiting, frames + sent, size - (size_t)sent);
}

static void write_waiting(struct member *member)
{
    struct bytes *waiting = &member->waiting;
    ssize_t sent = send(member->socket, waiting->at, waiting->size, MSG_NOSIGNAL);
    if (sent <= 0) return;
    waiting->size -= (size_t)sent;
    memmove(waiting->at, waiting->at + sent, waiting->size);
    if (!waiting->size) poll_for(member, EPOLLIN, EPOLL_CTL_MOD);
}

/* The client's {"message": "..."} is the server's as well. */
static void say(struct room *room, const char *payload, size_t size)
{
    unsigned char head[4] = { 0x81, (unsigned char)size };
    if (size >= 126) {
        head[1] = 126;
        head[2] = (unsigned char)(size >> 8);
        head[3] = (unsigned char)size;
    }
    append(&room->frames, head, size < 126 ? 2 : 4);
    append(&room->frames, payload, size);
    if (!room->dirty) {
        room->dirty = true;
        room->next_dirty = dirty;
        dirty = room;
    }
}

static void flush(void)
{
    for (; dirty; dirty = dirty->next_dirty) {
        for (size_t i = 0; i < dirty->size; i++)
            deliver(dirty->members[i], dirty->frames.at, dirty->frames.size);
        dirty->frames.size = 0;
        dirty->dirty = false;
    }
}

static size_t take_handshake(struct member *member, char *data, size_t size)
{
    static const char path[] = "GET /ws/chat/";
    char *blank = memmem(data, size, "\r\n\r\n", 4);
    char *slash = size > sizeof path ? memchr(data + sizeof path - 1, '/', size - sizeof path) : NULL;
    if (!blank) return 0;
    if (memcmp(data, path, sizeof path - 1) || !slash || slash > blank) return SIZE_MAX;
    join(member, open_room(data + sizeof path - 1, (size_t)(slash - data) - sizeof path + 1));
    deliver(member, answer, sizeof answer - 1);
    return (size_t)(blank - data) + 4;
}

/* Return the bytes of the whole frames in data, SIZE_MAX if it is time to go. */
static size_t take_frames(struct member *member, char *data, size_t size)
{
    size_t taken = 0;
    while (size - taken >= 6) {
        unsigned char *head = (unsigned char *)data + taken;
        size_t length = head[1] & 127, prefix = length == 126 ? 8 : 6;
        if (length == 127) return SIZE_MAX;
        if (size - taken < prefix) break;
        if (length == 126) length = (size_t)head[2] << 8 | head[3];
        if (size - taken < prefix + length) break;
        char *payload = data + taken + prefix;
        for (size_t i = 0; i < length; i++) payload[i] ^= payload[(ptrdiff_t)(i % 4) - 4];
        taken += prefix + length;
        if ((head[0] & 15) == 8) {
            deliver(member, "\x88\x02\x03\xe8", 4);
            return SIZE_MAX;
        }
        if ((head[0] & 15) == 1) say(member->room, payload, length);
    }
    return taken;
}

static void read_in(struct member *member)
{
    size_t rest = member->rest.size, taken = 0;
    if (rest) memcpy(chunk, member->rest.at, rest);
    ssize_t size = recv(member->socket, chunk + rest, CHUNK - rest, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) { leave(member); return; }
    size_t all = rest + (size_t)size;
    if (!member->room) taken = take_handshake(member, chunk, all);
    if (member->room && taken < all) {
        size_t frames = take_frames(member, chunk + taken, all - taken);
        taken = frames == SIZE_MAX ? frames : taken + frames;
    }
    if (taken == SIZE_MAX || (!taken && all == CHUNK)) { leave(member); return; }
    member->rest.size = 0;
    if (taken < all) append(&member->rest, chunk + taken, all - taken);
}

static void take_in(int listener)
{
    int yes = 1, socket;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct member *member = calloc(1, sizeof *member);
        if (!member) fail("floor");
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        member->socket = socket;
        poll_for(member, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static volatile sig_atomic_t ended;

static void stop(int number) { ended = number; }

int main(int argc, char **argv)
{
    static struct epoll_event events[1024];
    struct sockaddr_in here = { .sin_family = AF_INET };
    struct rlimit files;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (argc != 2) { fputs("usage: floor PORT\n", stderr); return 2; }
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons((uint16_t)atoi(argv[1]));
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 1024))
        fail("floor");
    poller = epoll_create1(0);
    struct epoll_event arrival = { .events = EPOLLIN, .data.ptr = NULL };
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &arrival);
    while (!ended) {
        int ready = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < ready; i++) {
            struct member *member = events[i].data.ptr;
            if (!member) { take_in(listener); continue; }
            if (events[i].events & EPOLLOUT && member->waiting.size) write_waiting(member);
            if (events[i].events & ~(uint32_t)EPOLLOUT) read_in(member);
        }
        flush();
    }
    return 0;
}

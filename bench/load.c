/* load: many chat clients in one thread, to measure a server and to catch it lying.
 *
 * It speaks the frames of the Django Channels tutorial: a socket at /ws/chat/ROOM/, to
 * which {"message": "..."} is sent, and from which every member of the room, the sender
 * too, gets a JSON text with the same message. Client i is in room i % ROOMS.
 *
 * Each message begins with a stamp, "@sender.number.due@" in hexadecimal, which is
 * looked for in whatever the server wraps around it. From it come the latency and the
 * verdict: at every receiver, each sender's numbers must be 1, 2, 3, ...; no message may
 * show up in another room; and all members of a room must see one order.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The example of RFC 6455: a fixed key has a fixed answer, and no SHA-1 is needed. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define SECOND 1000000000ULL
#define STAMP 34          /* "@ssssss.nnnnnnnn.tttttttttttttttt@" */
#define CHUNK (1 << 18)   /* read at once, and so the longest frame or page */
#define MOST_PIDS 256
#define MOST_PORTS 16

typedef uint64_t u64;
typedef uint32_t u32;

enum mode { CLOSED_LOOP, OPEN_LOOP, HOLD, ASK, GET };
static const char *const mode_names[] = { "closed", "open", "hold", "ask", "get" };

enum phase { NEW, CONNECTING, GREETING, READY, GONE };

struct bytes { char *at; size_t size, room; };

struct client {
    int socket;
    enum phase phase;
    u32 room, place;          /* place: its number within the room */
    u32 sent, echoes;         /* echoes: own messages back, to be sent anew */
    bool waits_to_write;
    u64 asked;                /* when its request left */
    u64 order;                /* hash over all that it was shown */
    u32 *seen;                /* the last number of each sender, NULL: not checked */
    struct bytes rest, out, pieces;
};

static struct {
    enum mode mode;
    const char *host, *path, *room, *ask, *answer, *protocol;
    int ports[MOST_PORTS], port_count, apart;
    int clients, rooms, senders, window, size, at_once, sources, check, patience;
    double rate, seconds, warmup, drain, settle;
    int pids[MOST_PIDS], pid_count;
} option = {
    .host = "127.0.0.1", .path = NULL, .room = "room", .clients = 100,
    .rooms = 1, .senders = 1, .window = 1, .size = 64, .at_once = 64, .sources = 1,
    .check = 1, .patience = 20, .rate = 100, .seconds = 5, .warmup = 0.5, .drain = 10,
    .settle = 0.2,
};

static struct {
    u64 ready, refused, lost_sockets;
    u64 sent, sent_measured, due, due_measured, shown, shown_measured, in_time, checked;
    u64 missing, repeated, misrouted, orders, malformed, other;
    u64 answers, bytes, from, until;
    bool sending, ending;
} count;

struct cpu { double user, system; };

static struct client *clients;
static u32 *members;          /* of each room, those that are ready */
static int poller, pending;
static char chunk[CHUNK];

static _Noreturn void fail(const char *what, const char *which)
{
    fprintf(stderr, "load: %s %s\n", what, which);
    exit(2);
}

static u64 now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (u64)time.tv_sec * SECOND + (u64)time.tv_nsec;
}

static u64 nanoseconds(double seconds) { return (u64)(seconds * (double)SECOND); }

/* ---- latencies: 64 steps to each power of two, so within 2 % ------------------- */

static u64 latencies[64 * 64], latency_count, latency_most;

static void note_latency(u64 nano)
{
    int shift = nano < 128 ? 0 : 57 - __builtin_clzll(nano);
    latencies[(u64)shift * 64 + (nano >> shift)]++;
    latency_count++;
    if (nano > latency_most) latency_most = nano;
}

static double latency_ms(double share)
{
    u64 wanted = (u64)(share * (double)latency_count), passed = 0;
    for (u64 i = 0; i < 64 * 64; i++) {
        passed += latencies[i];
        if (passed > wanted)
            return (double)(i < 128 ? i : (i % 64 + 64) << (i / 64 - 1)) / 1e6;
    }
    return (double)latency_most / 1e6;
}

/* ---- the server's CPU, as /proc says it ----------------------------------------- */

/* Of each process too, into `each`, unless it is NULL. */
static struct cpu server_cpu(double *each)
{
    struct cpu sum = { 0, 0 };
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    for (int i = 0; i < option.pid_count; i++) {
        char name[64], line[1024];
        snprintf(name, sizeof name, "/proc/%d/stat", option.pids[i]);
        FILE *file = fopen(name, "r");
        if (!file) continue;
        size_t size = fread(line, 1, sizeof line - 1, file);
        fclose(file);
        line[size] = 0;
        /* The second field is a name in parentheses, in which there may be anything. */
        const char *after = strrchr(line, ')');
        unsigned long user, system;
        if (after && sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                            &user, &system) == 2) {
            sum.user += (double)user * tick;
            sum.system += (double)system * tick;
            if (each) each[i] = (double)(user + system) * tick;
        }
    }
    return sum;
}

/* Proportional set size: pages that processes share count once. */
static u64 server_memory_kib(void)
{
    u64 sum = 0;
    for (int i = 0; i < option.pid_count; i++) {
        char name[64], line[256];
        unsigned long size;
        snprintf(name, sizeof name, "/proc/%d/smaps_rollup", option.pids[i]);
        FILE *file = fopen(name, "r");
        if (!file) continue;
        while (fgets(line, sizeof line, file))
            if (sscanf(line, "Pss: %lu kB", &size) == 1) sum += size;
        fclose(file);
    }
    return sum;
}

static double own_cpu(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
         + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* ---- sockets -------------------------------------------------------------------- */

static void append(struct bytes *to, const void *from, size_t size)
{
    if (to->size + size > to->room) {
        to->room = (to->size + size) * 2;
        if (!(to->at = realloc(to->at, to->room))) fail("out of", "memory");
    }
    memcpy(to->at + to->size, from, size);
    to->size += size;
}

static void poll_for(struct client *client, int operation)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    if (client->waits_to_write) event.events |= EPOLLOUT;
    epoll_ctl(poller, operation, client->socket, &event);
}

static void end(struct client *client)
{
    if (client->phase == READY) {
        members[client->room]--;
        count.ready--;
        if (!count.ending) count.lost_sockets++;
    } else {
        pending--;
        count.refused++;
    }
    client->phase = GONE;
    close(client->socket);
    struct bytes *all[] = { &client->rest, &client->out, &client->pieces };
    for (int i = 0; i < 3; i++) {
        free(all[i]->at);
        *all[i] = (struct bytes){ NULL, 0, 0 };
    }
}

static void write_out(struct client *client)
{
    ssize_t size = send(client->socket, client->out.at, client->out.size, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN) { end(client); return; }
    if (size > 0) {
        client->out.size -= (size_t)size;
        memmove(client->out.at, client->out.at + size, client->out.size);
    }
    if (client->waits_to_write != (client->out.size > 0)) {
        client->waits_to_write = client->out.size > 0;
        poll_for(client, EPOLL_CTL_MOD);
    }
}

static void add_frame(struct client *client, int opcode, const char *payload, size_t size)
{
    static u32 mask = 1;
    char head[8], masked[65536];
    size_t length = 2;
    if (size > 65535) fail("too long:", "a frame of the load's own");
    head[0] = (char)(0x80 | opcode);
    head[1] = (char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) {
        head[length++] = (char)(size >> 8);
        head[length++] = (char)size;
    }
    mask = mask * 1103515245 + 12345;
    memcpy(head + length, &mask, 4);
    for (size_t i = 0; i < size; i++) masked[i] = (char)(payload[i] ^ head[length + i % 4]);
    append(&client->out, head, length + 4);
    append(&client->out, masked, size);
}

/* ---- messages out --------------------------------------------------------------- */

static void put_hex(char *at, int digits, u64 value)
{
    for (; digits--; value >>= 4) at[digits] = "0123456789abcdef"[value & 15];
}

static void add_message(struct client *client, u64 due)
{
    static char frame[65536];
    static const char before[] = "{\"message\": \"";
    char *stamp = frame + sizeof before - 1;
    if (!frame[0]) {
        memcpy(frame, before, sizeof before - 1);
        memset(stamp, '.', (size_t)option.size);
        memcpy(stamp, "@000000.00000000.0000000000000000@", STAMP);
        memcpy(stamp + option.size, "\"}", 2);
    }
    put_hex(stamp + 1, 6, (u64)(client - clients));
    put_hex(stamp + 8, 8, ++client->sent);
    put_hex(stamp + 17, 16, due);
    add_frame(client, 1, frame, sizeof before - 1 + (size_t)option.size + 2);
    count.sent++;
    count.sent_measured += due >= count.from;
    count.due += members[client->room];
    if (due >= count.from) count.due_measured += members[client->room];
}

/* Its room's members are at all ports in turn; with --apart each room is at one. */
static int port_of(const struct client *client)
{
    return option.ports[(option.apart ? client->room : client->place) % (u32)option.port_count];
}

static void ask(struct client *client)
{
    client->asked = now();
    if (option.mode == ASK) {
        add_frame(client, 1, option.ask, strlen(option.ask));
    } else {
        char head[1024];
        int size = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n\r\n",
                            option.path, option.host, port_of(client));
        append(&client->out, head, (size_t)size);
    }
}

/* ---- messages in ---------------------------------------------------------------- */

static u64 get_hex(const char *at, int digits)
{
    u64 value = 0;
    for (; digits--; at++) value = value << 4 | (u64)((*at & 15) + (*at >> 6) * 9);
    return value;
}

static bool is_stamp(const char *at)
{
    return at[0] == '@' && at[7] == '.' && at[16] == '.' && at[33] == '@';
}

static const char *find_stamp(const char *text, size_t size)
{
    static size_t likely;      /* a server mostly wraps a message as it did the last */
    if (likely + STAMP <= size && is_stamp(text + likely)) return text + likely;
    const char *at = text;
    while ((at = memchr(at, '@', size - (size_t)(at - text)))) {
        if (size - (size_t)(at - text) < STAMP) break;
        if (is_stamp(at)) { likely = (size_t)(at - text); return at; }
        at++;
    }
    return NULL;
}

static void take_answer(struct client *client, u64 at)
{
    if (!count.sending) return;
    if (at >= count.from && at < count.until) {
        count.answers++;
        note_latency(at - client->asked);
    }
    ask(client);
}

static void take_text(struct client *client, const char *text, size_t size, u64 at)
{
    if (option.mode == ASK && memmem(text, size, option.answer, strlen(option.answer))) {
        take_answer(client, at);
        return;
    }
    if (count.ending) return;       /* the verdict is in: what comes now is lost */
    const char *stamp = find_stamp(text, size);
    if (!stamp) { count.other++; return; }
    u32 from = (u32)get_hex(stamp + 1, 6), number = (u32)get_hex(stamp + 8, 8);
    u64 due = get_hex(stamp + 17, 16);
    count.shown++;
    if (at >= count.from && at < count.until) count.shown_measured++;
    if (due >= count.from) {
        if (at < count.until + SECOND) count.in_time++;
        note_latency(at > due ? at - due : 0);
    }
    if (from >= (u32)option.clients || clients[from].room != client->room) {
        count.misrouted++;
        return;
    }
    if (clients + from == client) client->echoes++;
    if (!client->seen) return;
    count.checked++;
    client->order = (client->order ^ ((u64)from << 32 | number)) * 0x9e3779b97f4a7c15ULL;
    client->order ^= client->order >> 29;
    u32 *last = &client->seen[clients[from].place];
    if (number <= *last) {
        count.repeated++;       /* shown twice, or after a later one */
    } else {
        count.missing += number - *last - 1;
        *last = number;
    }
}

static void take_close(struct client *client, const char *payload, size_t size)
{
    if (!count.ending) {
        add_frame(client, 8, payload, size < 2 ? 0 : 2);
        write_out(client);
    }
    if (client->phase != GONE) end(client);
}

/* Take the whole frames; return the bytes that they are. */
static size_t take_frames(struct client *client, const char *data, size_t size, u64 at)
{
    size_t taken = 0;
    while (client->phase == READY && size - taken >= 2) {
        const unsigned char *head = (const unsigned char *)data + taken;
        size_t long_by = (head[1] & 127) < 126 ? 0 : (head[1] & 127) == 126 ? 2 : 8;
        size_t length = head[1] & 127;
        if (size - taken < 2 + long_by) break;
        if (long_by) length = 0;
        for (size_t i = 0; i < long_by; i++) length = length << 8 | head[2 + i];
        if (head[0] & 0x70 || head[1] & 0x80 || length > CHUNK) {
            count.malformed++;
            end(client);
            return size;
        }
        if (size - taken - 2 - long_by < length) break;
        const char *payload = data + taken + 2 + long_by;
        taken += 2 + long_by + length;
        bool whole = head[0] & 0x80;
        int opcode = head[0] & 15;
        if (opcode == 1 && whole) {
            take_text(client, payload, length, at);
        } else if (opcode <= 1) {
            append(&client->pieces, payload, length);
            if (whole) {
                take_text(client, client->pieces.at, client->pieces.size, at);
                client->pieces.size = 0;
            }
        } else if (opcode == 8) {
            take_close(client, payload, length);
        } else if (opcode == 9) {
            add_frame(client, 10, payload, length);
        } else if (opcode != 10) {
            count.malformed++;
        }
    }
    return client->phase == GONE ? size : taken;
}

static size_t take_page(struct client *client, const char *data, size_t size, u64 at)
{
    const char *blank = memmem(data, size, "\r\n\r\n", 4);
    if (!blank) return 0;
    size_t head = (size_t)(blank - data) + 4, length = 0;
    bool known = false;
    for (const char *line = data; line < blank; line++) {
        line = memchr(line, '\n', (size_t)(blank - line));
        if (!line) break;
        if (!strncasecmp(line + 1, "content-length:", 15)) {
            length = strtoul(line + 16, NULL, 10);
            known = true;
        }
    }
    if (memcmp(data, "HTTP/1.1 200", 12) || !known || head + length > CHUNK) {
        count.malformed++;
        end(client);
        return size;
    }
    if (head + length > size) return 0;
    take_answer(client, at);
    return head + length;
}

static size_t take_greeting(struct client *client, const char *data, size_t size)
{
    static bool told;
    const char *blank = memmem(data, size, "\r\n\r\n", 4);
    if (!blank) return 0;
    size_t head = (size_t)(blank - data) + 4;
    if (memcmp(data, "HTTP/1.1 101", 12) || !memmem(data, head, ACCEPT, strlen(ACCEPT))) {
        if (!told) fprintf(stderr, "load: refused: %.*s\n", (int)(head < 400 ? head : 400), data);
        told = true;
        end(client);
        return size;
    }
    client->phase = READY;
    pending--;
    count.ready++;
    members[client->room]++;
    return head;
}

static void read_in(struct client *client)
{
    size_t rest = client->rest.size;
    if (rest) memcpy(chunk, client->rest.at, rest);
    if (rest == CHUNK) fail("too long:", "a frame of the server's");
    ssize_t size = recv(client->socket, chunk + rest, CHUNK - rest, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) { end(client); return; }
    count.bytes += (u64)size;
    size_t all = rest + (size_t)size, taken = 0;
    u64 at = now();
    if (client->phase == GREETING) taken = take_greeting(client, chunk, all);
    if (client->phase == READY && option.mode == GET)
        taken += take_page(client, chunk, all, at);
    else if (client->phase == READY)
        taken += take_frames(client, chunk + taken, all - taken, at);
    if (client->phase == GONE) return;
    if (option.mode == CLOSED_LOOP && count.sending)
        for (; client->echoes; client->echoes--) add_message(client, at);
    client->echoes = 0;
    if (client->out.size && !client->waits_to_write) write_out(client);
    if (client->phase == GONE) return;
    client->rest.size = 0;
    if (taken < all) append(&client->rest, chunk + taken, all - taken);
}

/* ---- connecting ------------------------------------------------------------------ */

static void start(struct client *client)
{
    int number = (int)(client - clients), yes = 1;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(client)) };
    struct sockaddr_in from = { .sin_family = AF_INET };
    if (inet_pton(AF_INET, option.host, &to.sin_addr) != 1) fail("no IPv4 address:", option.host);
    client->socket = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->socket < 0) fail("socket:", strerror(errno));
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (option.sources > 1) {
        from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (u32)(number % option.sources));
        setsockopt(client->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(client->socket, (struct sockaddr *)&from, sizeof from))
            fail("bind:", strerror(errno));
    }
    pending++;
    client->phase = CONNECTING;
    client->waits_to_write = true;
    if (connect(client->socket, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
        end(client);
    else
        poll_for(client, EPOLL_CTL_ADD);
}

static void greet(struct client *client)
{
    char head[2048];
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { end(client); return; }
    client->waits_to_write = false;
    poll_for(client, EPOLL_CTL_MOD);
    if (option.mode == GET) {       /* nothing to agree on */
        client->phase = READY;
        pending--;
        count.ready++;
        members[client->room]++;
        return;
    }
    client->phase = GREETING;
    int length = snprintf(head, sizeof head,
        "GET /ws/chat/%s%u/ HTTP/1.1\r\nHost: %s:%d\r\nOrigin: http://%s:%d\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n%s%s%s\r\n",
        option.room, client->room, option.host, port_of(client), option.host, port_of(client),
        option.protocol ? "Sec-WebSocket-Protocol: " : "",
        option.protocol ? option.protocol : "", option.protocol ? "\r\n" : "");
    append(&client->out, head, (size_t)length);
    write_out(client);
}

static void turn(u64 until)
{
    static struct epoll_event events[512];
    u64 at = now(), wait = until > at ? until - at : 0;
    struct timespec time = { (time_t)(wait / SECOND), (long)(wait % SECOND) };
    int ready = epoll_pwait2(poller, events, 512, &time, NULL);
    for (int i = 0; i < ready; i++) {
        struct client *client = events[i].data.ptr;
        if (client->phase == CONNECTING) { greet(client); continue; }
        if (client->phase != GONE && events[i].events & EPOLLOUT) write_out(client);
        if (client->phase != GONE && events[i].events & ~(u32)EPOLLOUT) read_in(client);
    }
}

static double connect_all(void)
{
    u64 began = now(), moved = began, before = 0;
    int next = 0;
    while (next < option.clients || pending) {
        while (next < option.clients && pending < option.at_once) start(clients + next++);
        turn(now() + SECOND / 10);
        if (count.ready + count.refused != before) moved = now();
        before = count.ready + count.refused;
        if (now() - moved > (u64)option.patience * SECOND) {
            count.refused += (u64)(option.clients - next + pending);
            break;
        }
    }
    return (double)(now() - began) / 1e9;
}

/* ---- the measured part ----------------------------------------------------------- */

static struct {
    struct cpu from, until;
    double own_from, own_until, each_from[MOST_PIDS], each_until[MOST_PIDS];
    u64 memory_before, memory_from, memory_until;
} used;

/* Until `until`, notice the two ends of what is measured as they pass. */
static void run_until(u64 until)
{
    static int noticed;
    for (;;) {
        u64 at = now();
        if (noticed == 0 && at >= count.from) {
            if (option.mode == HOLD) used.memory_from = server_memory_kib();
            used.from = server_cpu(used.each_from);
            used.own_from = own_cpu();
            noticed++;
        }
        if (noticed == 1 && at >= count.until) {
            used.until = server_cpu(used.each_until);
            used.own_until = own_cpu();
            if (option.mode == HOLD) used.memory_until = server_memory_kib();
            noticed++;
        }
        if (at >= until) return;
        if (!count.ready) {                             /* nobody is left */
            if (count.from > at) count.from = at;
            count.until = until = at;
        }
        u64 mark = noticed == 0 ? count.from : noticed == 1 ? count.until : until;
        turn(mark < until ? mark : until);
    }
}

static void send_due(u64 began)
{
    u64 number = 0, senders = (u64)(option.senders * option.rooms);
    for (u64 due = began; due < count.until && count.ready;
         due = began + nanoseconds((double)++number / option.rate)) {
        if (now() < due) run_until(due);
        struct client *client = clients + number % senders;
        if (client->phase != READY) continue;
        add_message(client, due);
        if (!client->waits_to_write) write_out(client);
        /* Behind time there is no waiting, but reading all the same. */
        if (number % 16 == 0) run_until(0);
        if (number % 16 == 0) turn(0);
    }
}

static void run(void)
{
    u64 began = now();
    count.from = began + nanoseconds(option.warmup);
    count.until = count.from + nanoseconds(option.seconds);
    count.sending = true;
    for (int i = 0; i < option.clients; i++) {
        struct client *client = clients + i;
        if (client->phase != READY) continue;
        if (option.mode == CLOSED_LOOP && client->place < (u32)option.senders)
            for (int n = 0; n < option.window; n++) add_message(client, now());
        else if (option.mode == ASK || option.mode == GET)
            ask(client);
        if (client->out.size && !client->waits_to_write) write_out(client);
    }
    if (option.mode == OPEN_LOOP) send_due(began);
    run_until(count.until);
    count.sending = false;
    u64 patience = now() + nanoseconds(option.drain);
    while (count.shown < count.due && count.ready && now() < patience) turn(now() + SECOND / 100);
    /* What comes now comes twice. */
    if (count.due) for (u64 late = now() + SECOND / 10; now() < late;) turn(late);
    for (int i = 0; i < option.clients; i++) {
        struct client *client = clients + i, *first = clients + client->room;
        count.orders += client->seen && first->seen && client->order != first->order;
    }
}

static void end_all(void)
{
    count.ending = true;
    for (int i = 0; i < option.clients; i++) {
        struct client *client = clients + i;
        if (client->phase != READY) continue;
        if (option.mode == GET) { end(client); continue; }
        add_frame(client, 8, "\x03\xe8", 2);
        if (!client->waits_to_write) write_out(client);
    }
    for (u64 patience = now() + 3 * SECOND; count.ready && now() < patience;) turn(patience);
}

/* ---- the command line ------------------------------------------------------------- */

static const char usage[] =
"usage: load MODE [--option value ...]\n\n"
"modes\n"
"  closed   each sender keeps --window of its messages on the way: sent, not yet\n"
"           back to itself\n"
"  open     --rate messages a second leave in all, whatever comes back; one is due at\n"
"           its time, and late from then on, even if it could not leave\n"
"  hold     connect and be silent\n"
"  ask      each client sends the text --ask, and again when one with --answer in it\n"
"           has come\n"
"  get      each client gets --path by HTTP, and again when it is here\n\n"
"whom (default)\n"
"  --host ADDRESS      (127.0.0.1)       --port NUMBER      (8000); may be repeated:\n"
"                      the members of a room are at all of them, in turn\n"
"  --apart NUMBER      1: each room is at one of the ports (0)\n"
"  --clients NUMBER    in all (100)      --rooms NUMBER     they are spread over (1)\n"
"  --senders NUMBER    in each room, 0 for all (1)\n"
"  --room NAME         rooms are NAME0, NAME1, ... (room)\n"
"  --protocol NAME     the subprotocol asked for\n"
"  --at-once NUMBER    connects under way at any time (64)\n"
"  --sources NUMBER    from 127.0.0.1, 127.0.0.2, ... in turn (1)\n"
"  --patience SECONDS  without a connect, before it gives up (20)\n\n"
"what\n"
"  --window NUMBER (1)   --rate NUMBER (100)   --size BYTES of a message, from 34 (64)\n"
"  --settle SECONDS    of silence before the start (0.2)\n"
"  --warmup SECONDS    sent like the rest and not measured (0.5)\n"
"  --seconds NUMBER    measured (5)\n"
"  --drain SECONDS     at most, for the last deliveries (10)\n"
"  --check EVERY       the order is checked at every n-th client, 0 at none (1)\n"
"  --pid NUMBER        of the server, whose CPU time is reported; may be repeated: the\n"
"                      time of each is told too, in that order\n\n"
"It prints one JSON object and exits with 0, or with 2 for a wrong command line.\n";

static double number(const char *text, const char *name, double least)
{
    char *rest;
    double value = strtod(text, &rest);
    if (rest == text || *rest || !(value >= least)) fail("not a number that will do:", name);
    return value;
}

enum flag { HOST, PORT, APART, CLIENTS, ROOMS, SENDERS, ROOM, PROTOCOL, AT_ONCE, SOURCES, PATIENCE,
            WINDOW, RATE, SIZE, SETTLE, WARMUP, SECONDS, DRAIN, CHECK, PID, ASK_TEXT,
            ANSWER, PATH, HELP };

static const struct option flags[] = {
    { "host", 1, 0, HOST }, { "port", 1, 0, PORT }, { "apart", 1, 0, APART },
    { "clients", 1, 0, CLIENTS },
    { "rooms", 1, 0, ROOMS }, { "senders", 1, 0, SENDERS }, { "room", 1, 0, ROOM },
    { "protocol", 1, 0, PROTOCOL }, { "at-once", 1, 0, AT_ONCE },
    { "sources", 1, 0, SOURCES }, { "patience", 1, 0, PATIENCE }, { "window", 1, 0, WINDOW },
    { "rate", 1, 0, RATE }, { "size", 1, 0, SIZE }, { "settle", 1, 0, SETTLE },
    { "warmup", 1, 0, WARMUP }, { "seconds", 1, 0, SECONDS }, { "drain", 1, 0, DRAIN },
    { "check", 1, 0, CHECK }, { "pid", 1, 0, PID }, { "ask", 1, 0, ASK_TEXT },
    { "answer", 1, 0, ANSWER }, { "path", 1, 0, PATH }, { "help", 0, 0, HELP }, { 0, 0, 0, 0 },
};

static void set(enum flag flag, const char *value, const char *name)
{
    switch (flag) {
    case HOST: option.host = value; break;
    case ROOM: option.room = value; break;
    case PROTOCOL: option.protocol = value; break;
    case ASK_TEXT: option.ask = value; break;
    case ANSWER: option.answer = value; break;
    case PATH: option.path = value; break;
    case PORT:
        if (option.port_count == MOST_PORTS) fail("too many:", name);
        option.ports[option.port_count++] = (int)number(value, name, 1);
        break;
    case APART: option.apart = (int)number(value, name, 0); break;
    case CLIENTS: option.clients = (int)number(value, name, 1); break;
    case ROOMS: option.rooms = (int)number(value, name, 1); break;
    case SENDERS: option.senders = (int)number(value, name, 0); break;
    case AT_ONCE: option.at_once = (int)number(value, name, 1); break;
    case SOURCES: option.sources = (int)number(value, name, 1); break;
    case PATIENCE: option.patience = (int)number(value, name, 1); break;
    case WINDOW: option.window = (int)number(value, name, 1); break;
    case SIZE: option.size = (int)number(value, name, STAMP); break;
    case CHECK: option.check = (int)number(value, name, 0); break;
    case RATE: option.rate = number(value, name, 1e-3); break;
    case SETTLE: option.settle = number(value, name, 0); break;
    case WARMUP: option.warmup = number(value, name, 0); break;
    case SECONDS: option.seconds = number(value, name, 0); break;
    case DRAIN: option.drain = number(value, name, 0); break;
    case PID:
        if (option.pid_count == MOST_PIDS) fail("too many:", name);
        option.pids[option.pid_count++] = (int)number(value, name, 1);
        break;
    case HELP: fputs(usage, stdout); exit(0);
    }
}

static void read_command_line(int argc, char **argv)
{
    int place, flag;
    while ((flag = getopt_long(argc, argv, "", flags, &place)) != -1) {
        if (flag == '?') exit(2);
        set((enum flag)flag, optarg, flags[place].name);
    }
    if (optind + 1 != argc) { fputs(usage, stderr); exit(2); }
    int mode = 0;
    while (mode <= GET && strcmp(argv[optind], mode_names[mode])) mode++;
    if (mode > GET) fail("no such mode:", argv[optind]);
    option.mode = (enum mode)mode;
    if (!option.port_count) option.ports[option.port_count++] = 8000;
    if (option.mode == ASK && (!option.ask || !option.answer)) fail("missing:", "--ask, --answer");
    if (option.mode == GET && !option.path) fail("missing:", "--path");
    if (option.rooms > option.clients) fail("more", "rooms than clients");
    if (option.clients > 0xffffff) fail("too many", "clients");
    if (option.size > 60000) fail("too long:", "size");
    int most = option.clients / option.rooms;
    if (!option.senders || option.senders > most) option.senders = most;
}

static void make_clients(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc((size_t)option.clients, sizeof *clients);
    members = calloc((size_t)option.rooms, sizeof *members);
    if (!clients || !members) fail("out of", "memory");
    size_t places = (size_t)(option.clients / option.rooms + 1);
    for (int i = 0; i < option.clients; i++) {
        clients[i].room = (u32)(i % option.rooms);
        clients[i].place = (u32)(i / option.rooms);
        /* The first of a room is checked too: with it the others are compared. */
        bool checked = option.mode <= OPEN_LOOP && option.check
                    && (clients[i].place == 0 || i % option.check == 0);
        if (checked && !(clients[i].seen = calloc(places, sizeof(u32)))) fail("out of", "memory");
    }
}

int main(int argc, char **argv)
{
    read_command_line(argc, argv);
    make_clients();
    struct cpu before = server_cpu(NULL);
    used.memory_before = server_memory_kib();
    double connect_seconds = connect_all();
    struct cpu after = server_cpu(NULL);
    u64 connected = count.ready;
    count.from = count.until = UINT64_MAX;      /* greetings are no part of what is measured */
    for (u64 quiet = now() + nanoseconds(option.settle); now() < quiet;) turn(quiet);
    fprintf(stderr, "connected %" PRIu64 "\n", connected);    /* it begins: whoever waits may look */
    run();
    u64 lost_sockets = count.lost_sockets;
    end_all();

#define N(name, value) printf("\"" name "\": %" PRIu64 ", ", (u64)(value))
#define F(name, value) printf("\"" name "\": %.6f, ", (double)(value))
    printf("{\"mode\": \"%s\", ", mode_names[option.mode]);
    N("clients", option.clients); N("rooms", option.rooms); N("senders", option.senders);
    N("connected", connected); N("refused", count.refused); N("closed", lost_sockets);
    F("connect_s", connect_seconds);
    F("connect_cpu_s", after.user + after.system - before.user - before.system);
    N("sent", count.sent); N("due", count.due); N("shown", count.shown);
    N("lost", count.due > count.shown ? count.due - count.shown : 0);
    N("extra", count.shown > count.due ? count.shown - count.due : 0);
    N("missing", count.missing); N("repeated", count.repeated);
    N("misrouted", count.misrouted); N("orders", count.orders);
    N("checked", count.checked); N("malformed", count.malformed); N("other", count.other);
    F("seconds", (double)(count.until - count.from) / 1e9);
    N("sent_measured", count.sent_measured);
    N("due_measured", count.due_measured); N("shown_measured", count.shown_measured);
    N("in_time", count.in_time); N("answers", count.answers); N("bytes", count.bytes);
    F("p50_ms", latency_ms(0.5)); F("p90_ms", latency_ms(0.9)); F("p99_ms", latency_ms(0.99));
    F("p999_ms", latency_ms(0.999)); F("most_ms", (double)latency_most / 1e6);
    N("memory_before_kib", used.memory_before);
    N("memory_from_kib", used.memory_from); N("memory_until_kib", used.memory_until);
    F("server_user_s", used.until.user - used.from.user);
    F("server_system_s", used.until.system - used.from.system);
    F("load_cpu_s", used.own_until - used.own_from);
    printf("\"cpu_s\": [");
    for (int i = 0; i < option.pid_count; i++)
        printf("%s%.6f", i ? ", " : "", used.each_until[i] - used.each_from[i]);
    printf("]}\n");
    return 0;
}

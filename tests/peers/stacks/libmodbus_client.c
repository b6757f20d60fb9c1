/* A libmodbus client. Arguments: address, port. What it does is added to the file that SAID names, as said.py does. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *said;
static modbus_t *server;

static long long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

/* Says an operation: `members` are its address and values, `read` what was read, one element for each of `count`. */
static void say(const char *operation, int function, long long start, const char *members, int outcome,
                const uint16_t *registers, const uint8_t *bits, int count) {
    fprintf(said, "{\"t_start_ns\":%lld,\"t_end_ns\":%lld,\"proto\":\"modbus\",\"op\":\"%s\",\"fc\":%d,\"unit\":1,%s,\"result\":",
            start, now(), operation, function, members);
    if (outcome < 0) {
        fprintf(said, "{\"exception_code\":%d}}\n", errno - MODBUS_ENOBASE);
        return;
    }
    fprintf(said, "{\"ok\":true");
    if (registers || bits) {
        fprintf(said, ",\"%s\":[", registers ? "registers" : "bits");
        for (int place = 0; place < count; place++)
            fprintf(said, "%s%d", place ? "," : "", registers ? registers[place] : bits[place]);
        fprintf(said, "]");
    }
    fprintf(said, "}}\n");
}

static void read_all(void) {
    uint16_t registers[125];
    uint8_t bits[2000];
    long long start;
    int outcome;
    start = now(), outcome = modbus_read_bits(server, 3, 21, bits);
    say("coils", 1, start, "\"address\":3,\"count\":21", outcome, NULL, bits, 21);
    start = now(), outcome = modbus_read_input_bits(server, 4, 9, bits);
    say("inputs", 2, start, "\"address\":4,\"count\":9", outcome, NULL, bits, 9);
    start = now(), outcome = modbus_read_registers(server, 100, 40, registers);
    say("registers", 3, start, "\"address\":100,\"count\":40", outcome, registers, NULL, 40);
    start = now(), outcome = modbus_read_input_registers(server, 20, 4, registers);
    say("input registers", 4, start, "\"address\":20,\"count\":4", outcome, registers, NULL, 4);
    start = now(), outcome = modbus_read_registers(server, 5000, 2, registers);
    say("illegal read", 3, start, "\"address\":5000,\"count\":2", outcome, registers, NULL, 2);
}

static void write_all(void) {
    uint16_t registers[123], written[3] = {9, 8, 7};
    uint8_t bits[5] = {1, 0, 0, 1, 1};
    char members[2048];
    long long start;
    int outcome, used;
    for (int state = 1; state >= 0; state--) {
        start = now(), outcome = modbus_write_bit(server, 12, state);
        snprintf(members, sizeof members, "\"address\":12,\"values\":[%d]", state);
        say("coil", 5, start, members, outcome, NULL, NULL, 0);
    }
    for (int value = 0; value < 70000; value += 13107) {
        start = now(), outcome = modbus_write_register(server, 100, value);
        snprintf(members, sizeof members, "\"address\":100,\"values\":[%d]", value);
        say("register", 6, start, members, outcome, NULL, NULL, 0);
    }
    start = now(), outcome = modbus_write_bits(server, 64, 5, bits);
    say("coils", 15, start, "\"address\":64,\"values\":[1,0,0,1,1]", outcome, NULL, NULL, 0);
    used = snprintf(members, sizeof members, "\"address\":200,\"values\":[");
    for (int place = 0; place < 123; place++) {
        registers[place] = 1000 + place;
        used += snprintf(members + used, sizeof members - used, "%s%d", place ? "," : "", registers[place]);
    }
    snprintf(members + used, sizeof members - used, "]");
    start = now(), outcome = modbus_write_registers(server, 200, 123, registers);
    say("registers", 16, start, members, outcome, NULL, NULL, 0);
    start = now(), outcome = modbus_mask_write_register(server, 100, 0xf2, 0x25);
    say("mask", 22, start, "\"address\":100,\"and_mask\":242,\"or_mask\":37", outcome, NULL, NULL, 0);
    start = now(), outcome = modbus_write_and_read_registers(server, 300, 3, written, 0, 5, registers);
    say("both", 23, start, "\"address\":300,\"values\":[9,8,7],\"read_address\":0,\"read_count\":5", outcome, registers, NULL, 5);
    start = now(), outcome = modbus_write_register(server, 9999, 1);
    say("illegal write", 6, start, "\"address\":9999,\"values\":[1]", outcome, NULL, NULL, 0);
}

int main(int count, char **arguments) {
    said = fopen(getenv("SAID"), "a");
    server = count == 3 ? modbus_new_tcp(arguments[1], atoi(arguments[2])) : NULL;
    if (!said || !server || modbus_set_slave(server, 1) < 0 || modbus_connect(server) < 0)
        return 2;
    for (int round = 0; round < 3; round++) {
        read_all();
        write_all();
    }
    modbus_close(server);
    return 0;
}

/* A libmodbus server: one client after the other, requests answered in their order. Arguments: address, port. */
#include <modbus.h>
#include <stdlib.h>

int main(int count, char **arguments) {
    modbus_t *server = count == 3 ? modbus_new_tcp(arguments[1], atoi(arguments[2])) : NULL;
    modbus_mapping_t *points = modbus_mapping_new(1000, 1000, 1000, 1000);
    if (!server || !points)
        return 2;
    for (int place = 0; place < 1000; place++) {
        points->tab_registers[place] = place;
        points->tab_input_registers[place] = 3 * place;
        points->tab_input_bits[place] = place % 2 == 0;
    }
    int listening = modbus_tcp_listen(server, 4);
    while (modbus_tcp_accept(server, &listening) >= 0) {
        uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
        int length;
        while ((length = modbus_receive(server, request)) >= 0)
            modbus_reply(server, request, length, points);
        modbus_close(server);
    }
    return 1;
}

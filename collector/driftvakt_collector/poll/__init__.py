"""Everything that is known without an agent: devices by SNMP, machines by SSH, services by asking them. All of it makes

records, which pass the one door.
"""

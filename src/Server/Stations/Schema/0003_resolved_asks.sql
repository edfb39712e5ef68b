-- Whom a second factor named. A till's payment may rest on it as on an accepted face.
alter table sighting_ask add column person uuid;

/** Restaurants and dishes of Food-Co. Names keep their own script: user metadata must survive the move. */
export const RESTAURANTS = [
  { id: 'la-piazza', name: 'La Piazza', city: 'Torino', language: 'it' },
  { id: 'sakura', name: '桜 Sakura', city: '京都', language: 'ja' },
  { id: 'zum-goldenen-hirsch', name: 'Zum Goldenen Hirsch', city: 'München', language: 'de' },
  { id: 'casa-nuria', name: 'Casa Núria', city: 'Girona', language: 'ca' },
  { id: 'taverna-aigaio', name: 'Ταβέρνα Αιγαίο', city: 'Νάξος', language: 'el' },
  { id: 'dumpling-house', name: '饺子馆', city: '成都', language: 'zh' },
  { id: 'le-petit-zinc', name: 'Le Petit Zinc', city: 'Orléans', language: 'fr' },
  { id: 'smorrebrod', name: 'Smørrebrød & Øl', city: 'København', language: 'da' },
  { id: 'blue-plate', name: 'The Blue Plate', city: 'Portland', language: 'en' },
  { id: 'anadolu-sofrasi', name: 'Anadolu Sofrası', city: 'İzmir', language: 'tr' },
  { id: 'spice-route', name: 'मसाला मार्ग', city: 'जयपुर', language: 'hi' },
  { id: 'ceviche-bar', name: 'Cevichería Ñaupa', city: 'Lima', language: 'es' },
] as const;

export const DISHES = [
  { id: 'margherita', name: 'Pizza Margherita', allergens: ['gluten', 'milk'] },
  { id: 'kaesespaetzle', name: 'Käsespätzle', allergens: ['gluten', 'milk', 'egg'] },
  { id: 'mapo-tofu', name: '麻婆豆腐', allergens: ['soy'] },
  { id: 'ramen', name: '味噌ラーメン', allergens: ['gluten', 'soy', 'egg'] },
  { id: 'creme-brulee', name: 'Crème brûlée', allergens: ['milk', 'egg'] },
  { id: 'gazpacho', name: 'Gazpacho andaluz', allergens: ['gluten'] },
  { id: 'moussaka', name: 'Μουσακάς', allergens: ['milk', 'egg'] },
  { id: 'iskender', name: 'İskender kebabı', allergens: ['gluten', 'milk'] },
  { id: 'dal-makhani', name: 'दाल मखनी', allergens: ['milk'] },
  { id: 'ceviche', name: 'Ceviche clásico', allergens: ['fish'] },
  { id: 'roedgroed', name: 'Rødgrød med fløde', allergens: ['milk'] },
  { id: 'tarte-tatin', name: 'Tarte Tatin', allergens: ['gluten', 'milk'] },
  { id: 'pelmeni', name: 'Пельмени', allergens: ['gluten', 'egg'] },
  { id: 'onigiri', name: 'おにぎり', allergens: ['fish'] },
  { id: 'escudella', name: 'Escudella i carn d’olla', allergens: ['celery'] },
  { id: 'apple-crumble', name: 'Apple crumble', allergens: ['gluten', 'milk'] },
] as const;
